// JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of protobuf messages, as the transcoder reads
// and writes them.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "gateway/openapi/contract.h"
#include "gateway/transcode/plan.h"

namespace marquee::gateway {

class Schemas {
 public:
  using Json = nlohmann::ordered_json;

  explicit Schemas(const Contract& contract);
  ~Schemas();

  // A reference to the message's schema, which is made when first asked for.
  Json Reference(const MessagePlan& message);
  // The message's schema itself, without the fields in `without`.
  Json Object(const MessagePlan& message, const std::set<std::string>& without);
  // One field's value, with its constraints, description and example.
  Json Field(const FieldPlan& field);
  // The same without description and example: a parameter has its own.
  Json Constraints(const FieldPlan& field);
  // The example of a field's options; null (a JSON null) when it has none.
  static Json Example(const FieldPlan& field);
  static bool Required(const FieldPlan& field);

  // components/schemas, sorted by name.
  Json All() const;

 private:
  std::string NameOf(const std::string& full_name, const std::string& name);
  Json Element(const FieldPlan& field);
  Json Enum(const google::protobuf::EnumDescriptor& type);

  const Contract& contract_;
  std::map<std::string, std::string> names_;  // short name → the full name that has it
  std::unique_ptr<std::map<std::string, Json>> schemas_;
};

}  // namespace marquee::gateway
