#include "gateway/openapi/document.h"

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace marquee::gateway {
namespace {

using nlohmann::json;

class DocumentTest : public ::testing::Test {
 protected:
  DocumentTest() {
    const auto contract = Contract::Load();
    const auto api =
        Api::Build(contract->services(), *google::protobuf::MessageFactory::generated_factory());
    text_ = OpenApiDocument(*api, *contract, "1.2.3");
    document_ = json::parse(text_);
    bindings_ = api->bindings().size();
  }

  // Follows "#/a/b".
  const json& Resolve(const std::string& reference) const {
    return document_.at(json::json_pointer(reference.substr(1)));
  }

  void CheckReferences(const json& value) const {
    if (value.is_object() && value.contains("$ref")) {
      EXPECT_NO_THROW(Resolve(value["$ref"])) << value;
    }
    if (value.is_structured()) {
      for (const auto& child : value) CheckReferences(child);
    }
  }

  std::string text_;
  json document_;
  std::size_t bindings_ = 0;
};

TEST_F(DocumentTest, HasEveryRouteOnce) {
  std::size_t operations = 0;
  std::set<std::string> ids;
  for (const auto& path : document_["paths"]) {
    for (const auto& operation : path) {
      ++operations;
      EXPECT_TRUE(ids.insert(operation["operationId"]).second) << operation["operationId"];
      EXPECT_FALSE(operation["description"].get<std::string>().empty());
      EXPECT_EQ(operation["tags"].size(), 1U);
    }
  }
  EXPECT_EQ(operations, bindings_);
  EXPECT_EQ(document_["info"]["version"], "1.2.3");
}

TEST_F(DocumentTest, ResolvesEveryReference) { CheckReferences(document_); }

TEST_F(DocumentTest, TakesWordsConstraintsAndExamplesFromTheContract) {
  const json& put = document_["paths"]["/v1/me/ratings/{movie_id}"]["put"];
  EXPECT_EQ(put["summary"], "Rates a movie.");
  EXPECT_EQ(put["parameters"][0]["name"], "movie_id");
  EXPECT_EQ(put["parameters"][0]["in"], "path");
  EXPECT_EQ(put["parameters"][0]["schema"]["minimum"], 1);
  const json& body = put["requestBody"]["content"]["application/json"]["schema"];
  EXPECT_FALSE(body["properties"].contains("movie_id")) << "it is in the path";
  EXPECT_EQ(body["properties"]["value"]["minimum"], 0.5);
  EXPECT_EQ(body["properties"]["value"]["maximum"], 5);
  EXPECT_EQ(body["properties"]["value"]["multipleOf"], 0.5);
  EXPECT_EQ(body["properties"]["value"]["examples"][0], 4.5);
  EXPECT_EQ(body["properties"]["value"]["description"], "0.5 to 5.0 in steps of 0.5.");
  EXPECT_EQ(body["required"], json({"value"}));
  EXPECT_EQ(put["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/Rating");
}

TEST_F(DocumentTest, TellsWhoMayAndWhatCanFail) {
  const json& paths = document_["paths"];
  const json& create = paths["/v1/movies"]["post"];
  EXPECT_EQ(create["security"][0].contains("bearer"), true);
  for (const char* status : {"201", "400", "401", "403", "409", "413", "429", "503"}) {
    EXPECT_TRUE(create["responses"].contains(status)) << status;
  }
  EXPECT_NE(create["description"].get<std::string>().find("`curator`"), std::string::npos);
  const json& list = paths["/v1/movies"]["get"];
  EXPECT_TRUE(list["security"].empty());
  EXPECT_FALSE(list["responses"].contains("401"));
  EXPECT_TRUE(list["responses"].contains("304"));
  EXPECT_TRUE(paths["/v1/movies/{movie_id}"]["delete"]["responses"].contains("204"));
  EXPECT_EQ(paths["/v1/me/recommendations"]["get"]["responses"]["200"]["content"]
                 ["application/json"]["schema"]["anyOf"]
                     .size(),
            2U);
}

}  // namespace
}  // namespace marquee::gateway
