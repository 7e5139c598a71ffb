#include "rating-ingest/clients/kafka_interactions.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "kafka/key_reader.h"
#include "marquee/events/v1/events.pb.h"

namespace marquee::rating_ingest {
namespace {

// Of others' as well: some tens of milliseconds.
constexpr int kLookedAt = 20'000;
constexpr std::chrono::seconds kMostTime{2};

// False for what no version of ours has written.
bool Decode(const std::string& value, Interaction& interaction) {
  events::v1::InteractionEvent event;
  if (!event.ParseFromString(value)) return false;
  switch (event.kind()) {
    case events::v1::INTERACTION_KIND_IMPRESSION:
      interaction.kind = InteractionKind::kImpression;
      break;
    case events::v1::INTERACTION_KIND_CLICK: interaction.kind = InteractionKind::kClick; break;
    case events::v1::INTERACTION_KIND_WATCH: interaction.kind = InteractionKind::kWatch; break;
    default: return false;
  }
  interaction.movie_id = event.movie_id();
  interaction.occurred_at_us =
      google::protobuf::util::TimeUtil::TimestampToMicroseconds(event.occurred_at());
  interaction.recommendation_id = event.recommendation_id();
  return true;
}

}  // namespace

Result<InteractionReader::Page> KafkaInteractions::Read(std::int64_t user_id, std::int64_t from,
                                                        const CallContext& call) {
  const Time deadline = std::min<Time>(call.deadline, SystemClock().Now() + kMostTime);
  ASSIGN_OR_RETURN(const std::int32_t partitions, producer_.PartitionCount(topic_, deadline));
  const std::string key = std::to_string(user_id);
  ASSIGN_OR_RETURN(const auto found,
                   kafka::ReadKey(cluster_, topic_, kafka::PartitionFor(key, partitions), key, from,
                                  kLookedAt, deadline));
  Page page{.next = found.at_end ? 0 : found.next_offset};
  for (const auto& message : found.messages) {
    Interaction interaction;
    if (Decode(message.value, interaction)) page.interactions.push_back(std::move(interaction));
  }
  return page;
}

}  // namespace marquee::rating_ingest
