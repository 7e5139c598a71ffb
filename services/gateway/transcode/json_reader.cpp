#include "gateway/transcode/json_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cstring>
#include <set>

#include "gateway/transcode/scalar.h"
#include "gateway/transcode/target.h"

#include "base/text.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

constexpr int kMaxDepth = 32;
constexpr int kMaxValues = 100'000;

// Where the reader is, for error messages: linked through the stack, turned into text only when
// something is wrong.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  int index = -1;  // not negative: an element of a list, which has no name

  std::string ToString() const {
    std::string out = parent == nullptr ? std::string() : parent->ToString();
    if (index >= 0) return out + "[" + std::to_string(index) + "]";
    if (!out.empty()) out += '.';
    return out + std::string(name);
  }
};

// An integer's JSON number in plain digits: 1.0 and 1e3 are whole numbers, too, says JSON Schema.
// What isn't one is given back as it is, for the parser of integers to refuse.
std::string InDigits(std::string_view number) {
  constexpr int kMostDigits = 20;  // of any 64 bits
  constexpr int kMostExponent = 1000;
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  std::string_view fraction = mantissa.substr(std::min(point + 1, mantissa.size()));
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  int exponent = 0;
  std::string_view power = number.substr(std::min(e + 1, number.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
  const bool zero = fraction.empty() && digits.find_first_not_of("-0") == std::string::npos;
  if (zero) return "0";
  const bool exact = e == number.size() || read.ec == std::errc();
  if (!exact || exponent < -kMostExponent || exponent > kMostExponent) return std::string(number);
  exponent -= static_cast<int>(fraction.size());
  digits += fraction;
  for (; exponent < 0 && digits.ends_with('0'); ++exponent) digits.pop_back();
  if (exponent < 0 || exponent > kMostDigits) return std::string(number);
  digits.append(static_cast<std::size_t>(exponent), '0');
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  digits.erase(sign, std::min(digits.find_first_not_of('0', sign), digits.size() - 1) - sign);
  return digits;
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<std::string>* keys)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()), keys_(keys) {}

  Status Document(pb::Message& message, const MessagePlan& plan) {
    const Path root;
    SkipSpace();
    RETURN_IF_ERROR(Object(message, plan, root, 1));
    return End();
  }

  Status FieldDocument(pb::Message& message, const FieldPlan& field) {
    const Path path{nullptr, field.name};
    SkipSpace();
    RETURN_IF_ERROR(Value(message, field, path, 0));  // so that its own object is at depth 1
    return End();
  }

 private:
  Status End() {
    SkipSpace();
    return at_ == end_ ? Status() : Status(Malformed("something after the document's end"));
  }

  Status Object(pb::Message& message, const MessagePlan& plan, const Path& path, int depth) {
    if (depth > kMaxDepth) return TooLarge(path, "nests too deeply");
    if (!Take('{')) return Expected(path, "an object");
    std::bitset<MessagePlan::kMaxFields> seen;
    SkipSpace();
    if (Take('}')) return {};
    do {
      SkipSpace();
      RETURN_IF_ERROR(Key());
      const FieldPlan* field = plan.Find(text_);
      if (field == nullptr || (field->kind == Kind::kMessage && field->message == nullptr)) {
        const Path unknown{&path, text_};
        const std::string name = unknown.ToString();
        return Error::InvalidArgument("unknown_field", "There is no field " + name + ".", name);
      }
      const Path child{&path, field->name};
      if (seen.test(field->index)) {
        return Error::InvalidArgument("duplicate_field", child.ToString() + " is given twice.",
                                      child.ToString());
      }
      seen.set(field->index);
      if (depth == 1 && keys_ != nullptr) keys_->push_back(field->name);
      RETURN_IF_ERROR(Colon());
      RETURN_IF_ERROR(Value(message, *field, child, depth));
      SkipSpace();
    } while (Take(','));
    return Take('}') ? Status() : Status(Malformed("',' or '}' expected"));
  }

  // A field's whole value: single, list or map.
  Status Value(pb::Message& message, const FieldPlan& field, const Path& path, int depth) {
    if (TakeWord("null")) return {};
    if (field.map) return Map(message, field, path, depth + 1);
    if (!field.repeated) return Single(message, field, path, depth);
    if (depth + 1 > kMaxDepth) return TooLarge(path, "nests too deeply");
    if (!Take('[')) return Expected(path, "a list");
    SkipSpace();
    if (Take(']')) return {};
    Path element{&path, {}, 0};
    do {
      SkipSpace();
      RETURN_IF_ERROR(Single(message, field, element, depth + 1));
      ++element.index;
      SkipSpace();
    } while (Take(','));
    return Take(']') ? Status() : Status(Malformed("',' or ']' expected"));
  }

  Status Map(pb::Message& message, const FieldPlan& field, const Path& path, int depth) {
    if (depth > kMaxDepth) return TooLarge(path, "nests too deeply");
    if (!Take('{')) return Expected(path, "an object");
    const FieldPlan& key = field.message->fields[0];
    const FieldPlan& value = field.message->fields[1];
    std::set<std::string> seen;
    SkipSpace();
    if (Take('}')) return {};
    do {
      SkipSpace();
      RETURN_IF_ERROR(Key());
      const std::string name = text_;
      const Path child{&path, name};
      if (!seen.insert(name).second) {
        return Error::InvalidArgument("duplicate_field", child.ToString() + " is given twice.",
                                      child.ToString());
      }
      pb::Message* entry = message.GetReflection()->AddMessage(&message, field.field);
      RETURN_IF_ERROR(SetFromText(*entry, key, name, child.ToString()));
      RETURN_IF_ERROR(Colon());
      RETURN_IF_ERROR(Single(*entry, value, child, depth));
      SkipSpace();
    } while (Take(','));
    return Take('}') ? Status() : Status(Malformed("',' or '}' expected"));
  }

  // One value, set or, for a repeated field, appended.
  Status Single(pb::Message& message, const FieldPlan& field, const Path& path, int depth) {
    if (++values_ > kMaxValues) return TooLarge(path, "holds too many values");
    if (at_ == end_) return Malformed("a value expected");
    switch (field.kind) {
      case Kind::kBool:
        if (TakeWord("true")) return SetFromText(message, field, "true", {});
        if (TakeWord("false")) return SetFromText(message, field, "false", {});
        return Expected(path, KindName(field));
      case Kind::kInt32:
      case Kind::kInt64:
      case Kind::kUint32:
      case Kind::kUint64:
      case Kind::kFloat:
      case Kind::kDouble: {
        std::string_view number;
        RETURN_IF_ERROR(Number(number, path, field));
        const bool integer = field.kind != Kind::kFloat && field.kind != Kind::kDouble;
        if (integer && number.find_first_of(".eE") != std::string_view::npos)
          return Store(message, field, InDigits(number), path);
        return Store(message, field, number, path);
      }
      case Kind::kString:
      case Kind::kBytes:
      case Kind::kEnum:
        if (*at_ != '"') return Expected(path, KindName(field));
        RETURN_IF_ERROR(String());
        return Store(message, field, text_, path);
      case Kind::kMessage: break;
    }
    if (field.message->well_known == WellKnown::kNone) {
      const pb::Reflection* reflection = message.GetReflection();
      if (*at_ != '{') return Expected(path, KindName(field));
      pb::Message* child = field.repeated ? reflection->AddMessage(&message, field.field)
                                          : reflection->MutableMessage(&message, field.field);
      return Object(*child, *field.message, path, depth + 1);
    }
    if (*at_ != '"') return Expected(path, KindName(field));
    RETURN_IF_ERROR(String());
    return Store(message, field, text_, path);
  }

  // Most values are right: their path is made only for those that aren't.
  Status Store(pb::Message& message, const FieldPlan& field, std::string_view text,
               const Path& path) {
    Status status = SetFromText(message, field, text, {});
    if (status.ok()) return status;
    return SetFromText(message, field, text, path.ToString());
  }

  Status Key() {
    if (at_ == end_ || *at_ != '"') return Malformed("a field's name in quotes expected");
    return String();
  }

  Status Colon() {
    SkipSpace();
    if (!Take(':')) return Malformed("':' expected");
    SkipSpace();
    return {};
  }

  // -? (0 | [1-9][0-9]*) ("." [0-9]+)? ([eE] [+-]? [0-9]+)?
  Status Number(std::string_view& number, const Path& path, const FieldPlan& field) {
    const char* start = at_;
    if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) return Expected(path, KindName(field));
    if (at_ != end_ && *at_ == '-') ++at_;
    const char* digits = at_;
    if (!Digits() || (*digits == '0' && at_ - digits > 1))
      return Malformed("a badly written number");
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!Digits()) return Malformed("a badly written number");
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!Digits()) return Malformed("a badly written number");
    }
    number = {start, static_cast<std::size_t>(at_ - start)};
    return {};
  }

  bool Digits() {
    const char* start = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != start;
  }

  // Into text_, decoded and checked.
  Status String() {
    ++at_;
    text_.clear();
    const char* from = at_;
    for (;;) {
      while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20)
        ++at_;
      if (at_ == end_) return Malformed("a string without an end");
      text_.append(from, at_);
      if (*at_ == '"') break;
      if (*at_ != '\\') return Malformed("a control character in a string");
      ++at_;
      RETURN_IF_ERROR(Escape());
      from = at_;
    }
    ++at_;
    if (!IsUtf8(text_))
      return Error::InvalidArgument("invalid_utf8", "The body's JSON isn't UTF-8.");
    return {};
  }

  Status Escape() {
    if (at_ == end_) return Malformed("a string without an end");
    static constexpr char kFrom[] = "\"\\/bfnrt";
    static constexpr char kTo[] = "\"\\/\b\f\n\r\t";
    const char c = *at_++;
    if (c != 'u') {
      const char* found = c == '\0' ? nullptr : std::strchr(kFrom, c);
      if (found == nullptr) return Malformed("an unknown escape in a string");
      text_ += kTo[found - kFrom];
      return {};
    }
    std::uint32_t code = 0;
    if (!Hex4(code)) return Malformed("a badly written \\u escape");
    if (code >= 0xD800 && code <= 0xDBFF) {
      std::uint32_t low = 0;
      if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u')
        return Malformed("half of a surrogate pair");
      at_ += 2;
      if (!Hex4(low) || low < 0xDC00 || low > 0xDFFF) return Malformed("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
      return Malformed("half of a surrogate pair");
    } else if (code == 0) {
      return Malformed("U+0000 in a string");
    }
    AppendUtf8(code);
    return {};
  }

  bool Hex4(std::uint32_t& code) {
    if (end_ - at_ < 4) return false;
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      code <<= 4;
      if (c >= '0' && c <= '9') {
        code |= static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        code |= static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        code |= static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  void AppendUtf8(std::uint32_t code) {
    const auto add = [this](std::uint32_t byte) { text_ += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | code >> 6);
      add(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      add(0xE0 | code >> 12);
      add(0x80 | (code >> 6 & 0x3F));
      add(0x80 | (code & 0x3F));
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
      add(0x80 | (code >> 6 & 0x3F));
      add(0x80 | (code & 0x3F));
    }
  }

  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  // A well-formed value of another type is a wrong type; anything else is no JSON.
  Error Expected(const Path& path, std::string_view what) const {
    const bool value =
        at_ != end_ && (std::strchr("{[\"-tfn", *at_) != nullptr || (*at_ >= '0' && *at_ <= '9'));
    return value && *at_ != '\0' ? WrongType(path.ToString(), what) : Malformed("a value expected");
  }

  Error Malformed(std::string_view what) const {
    return Error::InvalidArgument(
        "malformed_json", "The body isn't well-formed JSON: " + std::string(what) + " at byte " +
                              std::to_string(at_ - begin_) + ".");
  }

  static Error TooLarge(const Path& path, std::string_view what) {
    return Error::InvalidArgument("body_too_complex", "The body " + std::string(what) + ".",
                                  path.ToString());
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::vector<std::string>* keys_;
  std::string text_;  // the last string read
  int values_ = 0;
};

}  // namespace

Status ReadJson(std::string_view text, pb::Message& message, const MessagePlan& plan,
                std::vector<std::string>* keys) {
  return Reader(text, keys).Document(message, plan);
}

Status ReadJsonField(std::string_view text, pb::Message& message, const FieldPlan& field,
                     std::vector<std::string>* keys) {
  return Reader(text, keys).FieldDocument(message, field);
}

}  // namespace marquee::gateway
