#include "gateway/openapi/contract.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <sstream>

// The output of `protoc --include_source_info --include_imports --descriptor_set_out`, made by the
// build.
__asm__(
    ".pushsection .rodata\n"
    ".global marquee_contract_begin\n"
    ".global marquee_contract_end\n"
    "marquee_contract_begin:\n"
    ".incbin \"" MARQUEE_CONTRACT_FILE
    "\"\n"
    "marquee_contract_end:\n"
    ".popsection\n");

extern "C" {
extern const char marquee_contract_begin[] __attribute__((visibility("hidden")));
extern const char marquee_contract_end[] __attribute__((visibility("hidden")));
}

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

// Lines of a paragraph become one; empty lines separate paragraphs.
std::string Unwrap(const std::string& comment) {
  std::istringstream lines(comment);
  std::string line, out;
  bool gap = false;
  while (std::getline(lines, line)) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos) {
      gap = true;
      continue;
    }
    if (!out.empty()) out += gap ? "\n\n" : " ";
    gap = false;
    out += line.substr(start, line.find_last_not_of(" \t\r") - start + 1);
  }
  return out;
}

template <typename Descriptor>
std::string CommentOf(const Descriptor* descriptor) {
  pb::SourceLocation location;
  if (descriptor == nullptr || !descriptor->GetSourceLocation(&location)) return {};
  return Unwrap(location.leading_comments.empty() ? location.trailing_comments
                                                  : location.leading_comments);
}

Error Broken(const std::string& what) { return Error::FailedPrecondition("broken_contract", what); }

}  // namespace

Contract::Contract() = default;
Contract::Contract(Contract&&) noexcept = default;
Contract& Contract::operator=(Contract&&) noexcept = default;
Contract::~Contract() = default;

Result<Contract> Contract::FromSet(std::string_view serialized_set) {
  pb::FileDescriptorSet set;
  if (!set.ParseFromArray(serialized_set.data(), static_cast<int>(serialized_set.size()))) {
    return Broken("the descriptor set can't be parsed");
  }
  Contract contract;
  contract.documented_ = std::make_unique<pb::DescriptorPool>();
  for (const pb::FileDescriptorProto& proto : set.file()) {
    const pb::FileDescriptor* file = contract.documented_->BuildFile(proto);
    if (file == nullptr) return Broken(proto.name() + " can't be built");
    for (int i = 0; i < file->service_count(); ++i) contract.services_.push_back(file->service(i));
  }
  return contract;
}

Result<Contract> Contract::Load() {
  const auto size = static_cast<std::size_t>(marquee_contract_end - marquee_contract_begin);
  ASSIGN_OR_RETURN(Contract contract, FromSet({marquee_contract_begin, size}));
  for (const pb::ServiceDescriptor*& service : contract.services_) {
    const auto* generated =
        pb::DescriptorPool::generated_pool()->FindServiceByName(service->full_name());
    if (generated == nullptr) return Broken(service->full_name() + " isn't linked in");
    service = generated;
  }
  return contract;
}

std::string Contract::Comment(const std::string& name) const {
  const pb::DescriptorPool& pool = *documented_;
  if (const auto* field = pool.FindFieldByName(name)) return CommentOf(field);
  if (const auto* message = pool.FindMessageTypeByName(name)) return CommentOf(message);
  if (const auto* method = pool.FindMethodByName(name)) return CommentOf(method);
  if (const auto* service = pool.FindServiceByName(name)) return CommentOf(service);
  if (const auto* type = pool.FindEnumTypeByName(name)) return CommentOf(type);
  return {};
}

}  // namespace marquee::gateway
