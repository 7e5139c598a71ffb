#include "auth/rpc/page.h"

#include <absl/strings/escaping.h>

#include "base/digest.h"
#include "base/html.h"

namespace marquee::auth {
namespace {

constexpr std::string_view kStyle =
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}"
    "label,button{display:block;margin:1rem 0 0}input{width:100%;padding:.5rem;box-sizing:border-"
    "box;font:inherit}button{padding:.5rem 1.5rem;font:inherit}.problem{color:#b00020}"
    ".who{color:#555}";

// Browsers hold the redirects that follow upon a form to form-action, too.
std::string PolicyFor(std::string_view target) {
  static const std::string style = "'sha256-" + absl::Base64Escape(Sha256(kStyle)) + "'";
  return "default-src 'none'; style-src " + style + "; form-action 'self'" +
         (target.empty() ? "" : " " + std::string(target)) +
         "; base-uri 'none'; frame-ancestors 'none'";
}

std::string Hidden(const FormFields& fields) {
  std::string html;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    html += "<input type=\"hidden\" name=\"" + EscapeHtml(name) + "\" value=\"" +
            EscapeHtml(value) + "\">\n";
  }
  return html;
}

}  // namespace

Page WholePage(std::string_view title, const std::string& body_html, std::string_view target,
               int status) {
  return {
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
          EscapeHtml(title) + " – Marquee</title>\n<style>" + std::string(kStyle) +
          "</style>\n</head>\n<body>\n<main>\n<h1>" + EscapeHtml(title) + "</h1>\n" + body_html +
          "</main>\n</body>\n</html>\n",
      PolicyFor(target), status};
}

Page MessagePage(std::string_view title, std::string_view text, int status) {
  return WholePage(title, "<p>" + EscapeHtml(text) + "</p>\n", {}, status);
}

Page MessagePage(std::string_view title, std::string_view text, std::string_view link_text,
                 std::string_view href, int status) {
  return WholePage(title, "<p>" + EscapeHtml(text) + "</p>\n<p>" + Link(href, link_text) + "</p>\n",
                   {}, status);
}

std::string Form(std::string_view action, const FormFields& hidden, const std::string& inner_html) {
  return "<form method=\"post\" action=\"" + std::string(action) + "\">\n" + Hidden(hidden) +
         inner_html + "</form>\n";
}

std::string Link(std::string_view href, std::string_view text) {
  return "<a href=\"" + EscapeHtml(href) + "\">" + EscapeHtml(text) + "</a>";
}

std::string Problem(std::string_view text) {
  return text.empty() ? "" : "<p class=\"problem\" role=\"alert\">" + EscapeHtml(text) + "</p>\n";
}

}  // namespace marquee::auth
