#include "gateway/transcode/path_template.h"

#include <algorithm>
#include <set>

#include "gateway/transcode/target.h"

namespace marquee::gateway {
namespace {

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
  });
}

// A verb is a literal (google/api/http.proto): words of it may have hyphens between them.
bool IsVerb(std::string_view text) {
  std::string word(text);
  std::erase(word, '-');
  return IsIdentifier(word) && text.front() != '-' && text.back() != '-';
}

// Recursive descent over one template.
class TemplateParser {
 public:
  explicit TemplateParser(std::string_view text) : whole_(text), rest_(text) {}

  Result<PathTemplate> Parse() {
    if (!Take('/')) return Bad("doesn't start with '/'");
    RETURN_IF_ERROR(Segments(false));
    if (Take(':')) {
      out_.verb = std::string(rest_);
      if (!IsVerb(out_.verb)) return Bad("has a bad verb");
      rest_ = {};
    }
    if (!rest_.empty()) return Bad("has something after its end");
    for (std::size_t i = 0; i + 1 < out_.segments.size(); ++i) {
      if (out_.segments[i].kind == PathTemplate::SegmentKind::kRest)
        return Bad("has '**' before its end");
    }
    return std::move(out_);
  }

 private:
  Status Segments(bool inside) {
    do {
      RETURN_IF_ERROR(Segment(inside));
    } while (Take('/'));
    return {};
  }

  Status Segment(bool inside) {
    using Kind = PathTemplate::SegmentKind;
    if (Take('{')) {
      if (inside) return Bad("has a variable within a variable");
      return Variable();
    }
    if (rest_.starts_with("**")) {
      rest_.remove_prefix(2);
      out_.segments.push_back({Kind::kRest, {}});
    } else if (Take('*')) {
      out_.segments.push_back({Kind::kOne, {}});
    } else {
      const std::string_view literal = rest_.substr(0, rest_.find_first_of("/:{}*="));
      if (literal.empty()) return Bad("has an empty segment");
      out_.segments.push_back({Kind::kLiteral, std::string(literal)});
      rest_.remove_prefix(literal.size());
    }
    return {};
  }

  Status Variable() {
    const std::string_view path = rest_.substr(0, rest_.find_first_of("=}"));
    if (!IsIdentifier(path)) return Bad("has a bad variable name");
    rest_.remove_prefix(path.size());
    PathTemplate::Variable variable{std::string(path), out_.segments.size(), 0};
    if (Take('=')) {
      RETURN_IF_ERROR(Segments(true));
    } else {
      out_.segments.push_back({PathTemplate::SegmentKind::kOne, {}});
    }
    if (!Take('}')) return Bad("has a variable without '}'");
    variable.end = out_.segments.size();
    out_.variables.push_back(std::move(variable));
    return {};
  }

  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Error Bad(std::string_view what) const {
    return Error::InvalidArgument(
        "bad_path_template", "path template \"" + std::string(whole_) + "\" " + std::string(what));
  }

  std::string_view whole_;
  std::string_view rest_;
  PathTemplate out_;
};

}  // namespace

Result<PathTemplate> PathTemplate::Parse(std::string_view text) {
  return TemplateParser(text).Parse();
}

// A trie over segments. A node's ends are the templates that stop there, by verb and method.
struct PathTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> one;
  std::unique_ptr<Node> rest;
  struct End {
    int binding;
    PathTemplate path;
  };
  std::map<std::string, std::map<std::string, End, std::less<>>, std::less<>> ends;

  Node& Child(const PathTemplate::Segment& segment) {
    std::unique_ptr<Node>& child = [&]() -> std::unique_ptr<Node>& {
      switch (segment.kind) {
        case PathTemplate::SegmentKind::kLiteral: return literals[segment.literal];
        case PathTemplate::SegmentKind::kOne: return one;
        case PathTemplate::SegmentKind::kRest: return rest;
      }
      return one;
    }();
    if (!child) child = std::make_unique<Node>();
    return *child;
  }

  // The nodes where `segments` from `at` on can end, best first.
  void Walk(const std::vector<std::string>& segments, std::size_t at,
            std::vector<const Node*>& found) const {
    if (at == segments.size()) {
      found.push_back(this);
      return;
    }
    if (segments[at].empty()) return;  // "//" and a trailing "/" match nothing
    if (const auto it = literals.find(segments[at]); it != literals.end())
      it->second->Walk(segments, at + 1, found);
    if (one) one->Walk(segments, at + 1, found);
    if (rest) found.push_back(rest.get());
  }
};

PathTable::PathTable() : root_(std::make_unique<Node>()) {}
PathTable::~PathTable() = default;
PathTable::PathTable(PathTable&&) noexcept = default;
PathTable& PathTable::operator=(PathTable&&) noexcept = default;

Status PathTable::Add(PathTemplate path, const std::string& method, int binding) {
  Node* node = root_.get();
  for (const auto& segment : path.segments) node = &node->Child(segment);
  auto& methods = node->ends[path.verb];
  if (methods.contains(method)) {
    return Error::AlreadyExists("route_conflict", "two rpcs have the same method and path");
  }
  methods.emplace(method, Node::End{binding, std::move(path)});
  return {};
}

Result<PathTable::Found> PathTable::Find(const std::vector<std::string_view>& raw,
                                         std::string_view method) const {
  std::vector<std::string> decoded(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    ASSIGN_OR_RETURN(decoded[i], PercentDecode(raw[i]));
  }
  Found found;
  std::set<std::string> allowed;
  // First with the last segment's ":verb" taken as one, then with the whole segment as a name.
  const std::size_t colon = raw.empty() ? std::string_view::npos : raw.back().rfind(':');
  for (const bool with_verb : {true, false}) {
    if (with_verb && colon == std::string_view::npos) continue;
    std::string verb;
    std::vector<std::string> segments = decoded;
    if (with_verb) {
      verb = std::string(raw.back().substr(colon + 1));
      if (verb.empty()) continue;
      ASSIGN_OR_RETURN(segments.back(), PercentDecode(raw.back().substr(0, colon)));
    }
    std::vector<const Node*> nodes;
    root_->Walk(segments, 0, nodes);
    for (const Node* node : nodes) {
      const auto methods = node->ends.find(verb);
      if (methods == node->ends.end()) continue;
      const auto end = methods->second.find(method);
      if (end == methods->second.end()) {
        for (const auto& [name, unused] : methods->second) allowed.insert(name);
        continue;
      }
      found.binding = end->second.binding;
      const PathTemplate& path = end->second.path;
      for (const auto& variable : path.variables) {
        const bool to_the_end = variable.end == path.segments.size();
        const std::size_t stop = to_the_end ? segments.size() : variable.end;
        std::string value;
        for (std::size_t i = variable.begin; i < stop; ++i) {
          if (i > variable.begin) value += '/';
          value += segments[i];
        }
        found.captures.push_back(std::move(value));
      }
      return found;
    }
    // A verb that is known here is one, whatever it is asked by: it isn't the end of a name.
    if (!allowed.empty()) break;
  }
  found.allowed.assign(allowed.begin(), allowed.end());
  return found;
}

}  // namespace marquee::gateway
