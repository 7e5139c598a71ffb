// google.api.http path templates (google/api/http.proto, "Path template syntax"):
//   Template = "/" Segments [ ":" Verb ];  Segment = "*" | "**" | LITERAL | "{" FieldPath [ "="
//   Segments ] "}"
// and the table that finds, for a path, the templates that match it: literals before variables, "*"
// before "**".
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee::gateway {

struct PathTemplate {
  enum class SegmentKind { kLiteral, kOne, kRest };  // "movies", "*", "**"
  struct Segment {
    SegmentKind kind = SegmentKind::kLiteral;
    std::string literal;
  };
  struct Variable {
    std::string field_path;  // "movie_id", "movie.title"
    std::size_t begin = 0;   // the segments that it captures: [begin, end)
    std::size_t end = 0;
  };
  std::vector<Segment> segments;
  std::vector<Variable> variables;
  std::string verb;  // "cancel"; empty when there is none

  static Result<PathTemplate> Parse(std::string_view text);
};

// A value for each of a template's variables, in their order.
using Captures = std::vector<std::string>;

// Paths to the methods bound there. Immutable after building; lookups are thread-safe.
class PathTable {
 public:
  PathTable();
  ~PathTable();
  PathTable(PathTable&&) noexcept;
  PathTable& operator=(PathTable&&) noexcept;

  // ALREADY_EXISTS when another template with the same shape has the method.
  Status Add(PathTemplate path, const std::string& method, int binding);

  struct Found {
    int binding = -1;  // -1: no template matches, or none has the method
    std::vector<std::string>
        allowed;  // the methods that the path has, when it matches some template
    Captures captures;
  };
  // INVALID_ARGUMENT for a wrongly encoded segment.
  Result<Found> Find(const std::vector<std::string_view>& segments, std::string_view method) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace marquee::gateway
