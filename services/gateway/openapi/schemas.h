// JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of protobuf messages, as the transcoder reads
// and writes them. What is read and what is written differ: a request has no field that isn't
// named, and may have null where a field may be left out; an answer has every field that needs no
// presence, and may have more of them in a later version. A message that is both has two schemas.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "gateway/openapi/contract.h"
#include "gateway/transcode/plan.h"

namespace marquee::gateway {

enum class Use : std::uint8_t { kRequest, kAnswer };

class Schemas {
 public:
  using Json = nlohmann::ordered_json;

  explicit Schemas(const Contract& contract);
  ~Schemas();

  // Says that the message is written: its schema has its plain name, and what is read of it, or of
  // what it holds, is called "…Input". To be said before a schema is asked for.
  void Written(const MessagePlan& message);

  // A reference to the message's schema, which is made when first asked for.
  Json Reference(const MessagePlan& message, Use use);
  // The same of a request's body: without the fields of `without`, which come elsewhere, and with
  // those of `required`, which must be there. `name` is the schema's when it differs for that.
  Json Body(const MessagePlan& message, const std::string& name,
            const std::set<std::string>& without, const std::set<std::string>& required);
  // The same of an answer without some of its fields.
  Json Answer(const MessagePlan& message, const std::string& name,
              const std::set<std::string>& without);
  // A reference to a schema that is no message's, by a name that no other has.
  Json Named(const std::string& name, Json schema);
  // A field's value with its constraints, without description and example: a parameter has its own.
  Json Constraints(const FieldPlan& field, Use use);
  // The example of a field's options; null (a JSON null) when it has none.
  static Json Example(const FieldPlan& field);
  static bool Required(const FieldPlan& field);

  // components/schemas, sorted by name.
  Json All() const;

 private:
  struct Shape {
    Use use;
    std::set<std::string> without;
    std::set<std::string> required;
  };
  Json Object(const MessagePlan& message, const Shape& shape);
  Json Field(const FieldPlan& field, Use use);
  Json Element(const FieldPlan& field, Use use);
  Json Enum(const FieldPlan& field, Use use);
  // The name of a schema, `name` where it is free. `identity` tells it from others of that name.
  std::string NameOf(const std::string& identity, const std::string& name);

  const Contract& contract_;
  std::set<std::string> written_;             // full names of messages and enums
  std::map<std::string, std::string> names_;  // of a schema → its identity
  std::unique_ptr<std::map<std::string, Json>> schemas_;
};

}  // namespace marquee::gateway
