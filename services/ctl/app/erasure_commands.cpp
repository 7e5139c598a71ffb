// The end of an account, and what is kept of a person, over REST.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/percent.h"
#include "ctl/app/commands.h"
#include "ctl/clients/rest.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

const json& ConfirmationsOf(const json& erasure) {
  static const json none = json::array();
  const auto found = erasure.find("confirmations");
  return found == erasure.end() ? none : *found;
}

std::int64_t ConfirmedOf(const json& erasure) {
  return std::ranges::count_if(ConfirmationsOf(erasure),
                               [](const json& one) { return !Text(one, "confirmed_at").empty(); });
}

std::string ErasureText(const json& erasure) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : ConfirmationsOf(erasure)) {
    const std::string at = Text(one, "confirmed_at").substr(0, 19);
    rows.push_back({Text(one, "service"), at.empty() ? "not yet" : at});
  }
  const std::string completed = Text(erasure, "completed_at").substr(0, 19);
  return fmt::format("Erasure {}\nrequested {}, {}\n\n{}", Text(erasure, "erasure_id"),
                     Text(erasure, "requested_at").substr(0, 19),
                     completed.empty() ? "under way" : "complete since " + completed,
                     Table({"service", "has nothing left since"}, rows));
}

std::string PathOf(const std::string& erasure_id) {
  return "/v1/erasures/" + PercentEncode(erasure_id);
}

// Until all have confirmed, or the time is over; the erasure as it is then.
Result<json> Follow(const Context& context, RestClient& rest, const std::string& id, int seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  std::optional<ProgressBar> bar;
  for (;;) {
    ASSIGN_OR_RETURN(json erasure, rest.Get(PathOf(id)));
    if (!bar) {
      bar.emplace("Services confirm", static_cast<std::int64_t>(ConfirmationsOf(erasure).size()),
                  context.quiet);
    }
    bar->Set(ConfirmedOf(erasure));
    if (!Text(erasure, "completed_at").empty() || std::chrono::steady_clock::now() >= until)
      return erasure;
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
  }
}

// A file that only its owner can read: it is all about them.
class Output {
 public:
  explicit Output(const std::filesystem::path& file)
      : fd_(file == "-" ? STDOUT_FILENO
                        : open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~Output() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool Write(std::string_view text) const {
    while (fd_ >= 0 && !text.empty()) {
      const ssize_t written = write(fd_, text.data(), text.size());
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return fd_ >= 0;
  }

 private:
  const int fd_;
};

}  // namespace

int DeleteAccount(const Context& context, const DeleteAccountFlags& flags) {
  auto rest = Rest(context);
  const auto me = rest.Get("/v1/me");
  if (!me.ok()) return Fail(context, me.error());
  const std::string prompt = fmt::format(
      "This deletes the account {} at {}, with its ratings and reviews, for good.\n"
      "marqueectl account export FILE saves what is kept of you. Type yes to go on: ",
      Text(*me, "email"), rest.server());
  if (!flags.yes && !AskYes(prompt)) {
    return Fail(context, Error::InvalidArgument(
                             "not_confirmed",
                             "Nothing was deleted: answer yes, or say --yes where nobody can."));
  }
  auto erasure = rest.Delete("/v1/me");
  if (!erasure.ok()) return Fail(context, erasure.error());
  rest.Forget();
  if (flags.wait) {
    erasure = Follow(context, rest, Text(*erasure, "erasure_id"), flags.seconds);
    if (!erasure.ok()) return Fail(context, erasure.error());
  }
  Show(context, *erasure,
       "The account is deleted.\n" + ErasureText(*erasure) +
           "\nmarqueectl erasures show ID tells how far it is, also without a login.\n");
  return flags.wait && Text(*erasure, "completed_at").empty() ? 3 : 0;
}

int ExportAccount(const Context& context, const std::filesystem::path& file) {
  auto rest = Rest(context);
  std::string path = "/v1/me/export";
  auto page = rest.GetPage(path);
  if (!page.ok()) return Fail(context, page.error());  // and an old file stays
  const Output output(file);
  ProgressBar bar("Lines", 0, context.quiet);
  std::int64_t lines = 0;
  for (;;) {
    if (!output.Write(page->body))
      return Fail(context,
                  Error::Unavailable("write_failed", "Can't write " + file.string() + "."));
    lines += std::ranges::count(page->body, '\n');
    bar.Set(lines);
    if (page->next.empty()) break;
    path = page->next;
    page = rest.GetPage(path);
    if (!page.ok()) return Fail(context, page.error());
  }
  bar.Finish();
  if (file == "-") return 0;
  return Show(context, {{"file", file.string()}, {"lines", lines}},
              fmt::format("{} lines in {}.\n", Grouped(lines), file.string()));
}

int ShowErasure(const Context& context, const std::string& id) {
  auto rest = Rest(context);
  const auto erasure = rest.Get(PathOf(id));
  if (!erasure.ok()) return Fail(context, erasure.error());
  return Show(context, *erasure, ErasureText(*erasure));
}

int ListErasures(const Context& context, bool pending) {
  auto rest = Rest(context);
  json all = json::array();
  std::vector<std::vector<std::string>> rows;
  std::string token;
  do {
    const auto page = rest.Get(fmt::format("/v1/erasures?page_size=200&pending={}&page_token={}",
                                           pending, PercentEncode(token)));
    if (!page.ok()) return Fail(context, page.error());
    for (const auto& entry : page->value("erasures", json::array())) {
      const json erasure = entry.value("erasure", json::object());
      const auto total = ConfirmationsOf(erasure).size();
      rows.push_back({Text(erasure, "erasure_id"),
                      std::to_string(entry.value("user_id", std::int64_t{0})),
                      Text(erasure, "requested_at").substr(0, 19),
                      fmt::format("{} of {}", ConfirmedOf(erasure), total),
                      Text(erasure, "completed_at").substr(0, 19)});
      all.push_back(entry);
    }
    token = Text(*page, "next_page_token");
  } while (!token.empty());
  return Show(context, {{"erasures", all}},
              Table({"erasure", "of user", "requested", "confirmed", "complete since"}, rows, 64));
}

int RepeatErasures(const Context& context) {
  auto rest = Rest(context);
  const auto answer = rest.Send("POST", "/v1/erasures:repeat", json::object());
  if (!answer.ok()) return Fail(context, answer.error());
  return Show(context, *answer,
              fmt::format("{} erasures are carried out again: marqueectl erasures list --pending "
                          "tells how far that is.\n",
                          Grouped(answer->value("count", std::int64_t{0}))));
}

int DeleteUser(const Context& context, std::int64_t user_id) {
  auto rest = Rest(context);
  const auto erasure = rest.Delete("/v1/users/" + std::to_string(user_id));
  if (!erasure.ok()) return Fail(context, erasure.error());
  return Show(context, *erasure, ErasureText(*erasure));
}

}  // namespace marquee::ctl
