// What pages are made of: plain HTML, without scripts, one style that its hash lets in. Texts are
// escaped here, but for those that are named HTML.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/percent.h"

namespace marquee::auth {

struct Page {
  std::string html;
  std::string content_security_policy;
  int status = 200;
};

// What the browser gets: a page, or where to go; and the cookie, where it changes.
struct PageAnswer {
  Page page = {};
  std::string location = {};
  std::string browser = {};
  std::chrono::seconds browser_lifetime{};
};

// `target` is where forms may lead in the end, as SourceOf writes it, or empty.
Page WholePage(std::string_view title, const std::string& body_html, std::string_view target,
               int status);
// Nothing more to do, but perhaps at a place of ours.
Page MessagePage(std::string_view title, std::string_view text, int status);
Page MessagePage(std::string_view title, std::string_view text, std::string_view link_text,
                 std::string_view href, int status);

// `hidden`: what it carries unseen.
std::string Form(std::string_view action, const FormFields& hidden, const std::string& inner_html);
std::string Link(std::string_view href, std::string_view text);
std::string Problem(std::string_view text);  // nothing where it is empty

// A message of the contract that is answered with a page.
template <typename Response>
Response AnswerAs(PageAnswer answer) {
  Response response;
  response.set_page(std::move(answer.page.html));
  response.set_content_security_policy(std::move(answer.page.content_security_policy));
  response.set_status(answer.location.empty() ? answer.page.status : 0);
  response.set_location(std::move(answer.location));
  if constexpr (requires { response.set_browser(answer.browser); }) {
    if (!answer.browser.empty()) {
      response.set_browser(std::move(answer.browser));
      response.set_browser_seconds(answer.browser_lifetime.count());
    }
  }
  return response;
}

}  // namespace marquee::auth
