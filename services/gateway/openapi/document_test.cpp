#include "gateway/openapi/document.h"

#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

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

  // The references in a value, and those in what they name.
  void Collect(const json& value, std::set<std::string>& references) const {
    if (value.is_object() && value.contains("$ref")) {
      const std::string reference = value["$ref"];
      if (references.insert(reference).second) Collect(Resolve(reference), references);
    }
    if (value.is_structured()) {
      for (const auto& child : value) Collect(child, references);
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
  const json& reference = put["requestBody"]["content"]["application/json"]["schema"]["$ref"];
  EXPECT_EQ(reference, "#/components/schemas/PutRatingRequest") << "generators name types by it";
  const json& body = Resolve(reference);
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

TEST_F(DocumentTest, TellsWhoMay) {
  const json& paths = document_["paths"];
  const json& create = paths["/v1/movies"]["post"];
  EXPECT_EQ(create["security"][0].contains("bearer"), true);
  EXPECT_NE(create["description"].get<std::string>().find("`curator`"), std::string::npos);
  EXPECT_TRUE(paths["/v1/movies"]["get"]["security"].empty());
}

TEST_F(DocumentTest, TellsWhatAnApiKeyMay) {
  const json& paths = document_["paths"];
  EXPECT_EQ(
      paths["/v1/me"]["get"]["security"],
      json::parse(
          R"([{"bearer":[]},{"apiKey":["read"]},{"oauth2":["read"]},{"apiKey":["reviews:write"]},{"oauth2":["reviews:write"]}])"));
  EXPECT_EQ(
      paths["/v1/movies"]["post"]["security"],
      json::parse(R"([{"bearer":[]},{"apiKey":["catalog:write"]},{"oauth2":["catalog:write"]}])"));
  for (const char* path : {"/v1/me/api-keys", "/v1/me/api-keys/{api_key_id}:rotate"})
    EXPECT_EQ(paths[path]["post"]["security"], json::parse(R"([{"bearer":[]}])")) << path;
  for (const char* method : {"patch", "delete"})
    EXPECT_EQ(paths["/v1/me"][method]["security"], json::parse(R"([{"bearer":[]}])")) << method;
  // Who somebody is, no API key may ask.
  EXPECT_EQ(document_["paths"]["/oauth2/userinfo"]["get"]["security"],
            json::parse(R"([{"bearer":[]},{"oauth2":["openid"]}])"));
  EXPECT_EQ(document_["components"]["securitySchemes"]["apiKey"]["name"], "X-API-Key");
  const json& flows = document_["components"]["securitySchemes"]["oauth2"]["flows"];
  EXPECT_EQ(flows["authorizationCode"]["tokenUrl"], "/oauth2/token");
  EXPECT_TRUE(flows["authorizationCode"]["scopes"].contains("openid"));
  EXPECT_FALSE(flows["clientCredentials"]["scopes"].contains("openid"));
}

TEST_F(DocumentTest, TellsHowItSucceeds) {
  const json& paths = document_["paths"];
  EXPECT_TRUE(paths["/v1/movies"]["post"]["responses"].contains("201"));
  EXPECT_TRUE(paths["/v1/movies/{movie_id}"]["delete"]["responses"].contains("204"));
  const json& list = paths["/v1/movies"]["get"];
  EXPECT_TRUE(list["responses"].contains("304"));
  EXPECT_TRUE(list["responses"]["200"]["headers"].contains("ETag"));
  EXPECT_NE(list["parameters"].dump().find("IfNoneMatch"), std::string::npos);
  EXPECT_FALSE(paths["/v1/me"]["get"]["responses"].contains("304"));
  EXPECT_EQ(paths["/v1/me/recommendations"]["get"]["responses"]["200"]["content"]
                 ["application/json"]["schema"]["anyOf"]
                     .size(),
            2U);
}

// What follows from an operation's route, policy and fields, all of it and nothing else, and what
// its rpc adds.
TEST_F(DocumentTest, TellsOfEachOperationHowItIsRefused) {
  const std::map<std::string, std::set<std::string>> added = {
      {"listMovies", {"404"}},
      {"listPopular", {"404"}},
      {"listPopularByGenre", {"404"}},
      {"predictRating", {"409"}},
      {"explainRecommendation", {"409"}},
      {"whatIf", {"404"}},
      {"getMetadata", {"501"}},
      {"authGetMetadata", {"501"}},
      {"authorize", {"409", "501"}},
      {"authAuthorize", {"409", "501"}},
      {"signIn", {"404", "409", "501"}},
      {"consent", {"409", "501"}},
      {"token", {"501"}},
      {"revoke", {"501"}},
      {"introspect", {"501"}},
      {"authorizeDevice", {"501"}},
      {"openDevicePage", {"404", "409", "501"}},
      {"decideDevice", {"404", "409", "501"}},
      {"getUserInfo", {"501"}},
      {"authGetUserInfo", {"501"}},
      {"removeTotp", {"404"}},
      {"visitProvider", {"501"}},
      {"returnFromProvider", {"409", "501"}},
      {"finishProviderSignIn", {"501"}},
      {"linkIdentity", {"501"}},
      {"openIdentitiesPage", {"501"}},
      {"unlinkIdentity", {"404", "501"}},
      {"openPasswordPage", {"501"}},
      {"setFirstPassword", {"501"}},
  };
  // Public, but asked for a secret.
  const std::set<std::string> credentials = {"register",
                                             "confirmPasswordReset",
                                             "confirmEmailVerification",
                                             "login",
                                             "refresh",
                                             "logout",
                                             "bootstrapAdministrator",
                                             "signIn",
                                             "consent",
                                             "token",
                                             "revoke",
                                             "introspect",
                                             "authorizeDevice",
                                             "decideDevice",
                                             "returnFromProvider",
                                             "finishProviderSignIn",
                                             "linkIdentity",
                                             "unlinkIdentity",
                                             "setFirstPassword"};
  for (const auto& path : document_["paths"]) {
    for (const auto& operation : path) {
      const std::string id = operation["operationId"];
      std::set<std::string> expected = {"400", "401", "408", "413", "414",
                                        "429", "431", "500", "503", "504"};
      if (!operation["security"].empty() || credentials.contains(id)) expected.insert("403");
      if (operation.contains("requestBody")) expected.insert("415");
      for (const json& parameter : operation.value("parameters", json::array())) {
        if (parameter.value("in", "") == "path") expected.insert("404");
        if (parameter.value("$ref", "").ends_with("/IdempotencyKey"))
          expected.insert({"409", "422"});
      }
      if (added.contains(id)) expected.insert(added.at(id).begin(), added.at(id).end());
      std::set<std::string> told;
      for (const auto& [status, response] : operation["responses"].items()) {
        if (status >= "400") told.insert(status);
      }
      EXPECT_EQ(told, expected) << id;
    }
  }
}

TEST_F(DocumentTest, DescribesEveryProblem) {
  for (const auto& [name, response] : document_["components"]["responses"].items()) {
    EXPECT_EQ(response["content"]["application/problem+json"]["schema"]["$ref"],
              "#/components/schemas/Problem")
        << name;
    EXPECT_TRUE(response["headers"].contains("X-Trace-Id")) << name;
    EXPECT_TRUE(response["description"].get<std::string>().ends_with(".")) << name;
  }
  const json& responses = document_["components"]["responses"];
  EXPECT_TRUE(responses["Problem401"]["headers"].contains("WWW-Authenticate"));
  EXPECT_TRUE(responses["Problem429"]["headers"].contains("Retry-After"));
  EXPECT_TRUE(responses["Problem503"]["headers"].contains("Retry-After"));
}

TEST_F(DocumentTest, ClosesWhatIsReadAndLeavesWhatIsAnsweredOpen) {
  std::set<std::string> read, answered;
  for (const auto& path : document_["paths"]) {
    for (const auto& operation : path) {
      if (operation.contains("requestBody")) Collect(operation["requestBody"], read);
      Collect(operation["responses"], answered);
    }
  }
  for (const std::string& name : read) {
    const json& schema = Resolve(name);
    if (schema.value("type", json()) != "object") continue;
    // Forms are the standards', which let what isn't known be passed over.
    EXPECT_EQ(schema.contains("additionalProperties"), !name.ends_with("Form")) << name;
    EXPECT_FALSE(schema.value("additionalProperties", false)) << name;
    EXPECT_FALSE(answered.contains(name)) << name;
  }
  for (const std::string& name : answered) {
    const json& schema = Resolve(name);
    if (schema.contains("content") || schema.value("type", json()) != "object") continue;
    EXPECT_FALSE(schema.contains("additionalProperties")) << name;
  }
  EXPECT_TRUE(read.contains("#/components/schemas/MovieInput"));
  EXPECT_TRUE(answered.contains("#/components/schemas/Movie"));
}

TEST_F(DocumentTest, SaysWhatMustBeThereAndWhatMayBeNull) {
  const json& schemas = document_["components"]["schemas"];
  EXPECT_EQ(schemas["CreateMovieInput"]["required"], json({"title"}));
  const json& input = schemas["MovieInput"];
  EXPECT_FALSE(input.contains("required")) << "a PATCH names what it changes";
  EXPECT_EQ(input["properties"]["year"]["type"], json({"integer", "null"}));
  EXPECT_EQ(input["properties"]["genres"]["type"], json({"array", "null"}));
  EXPECT_EQ(input["properties"]["title"]["type"], "string") << "no movie is without one";
  EXPECT_EQ(input["properties"]["rating_count"]["readOnly"], true);
  const json& movie = schemas["Movie"];
  EXPECT_EQ(movie["properties"]["year"]["type"], "integer") << "we never write null";
  EXPECT_NE(movie["required"].dump().find("\"year\""), std::string::npos);
  EXPECT_EQ(movie["required"].dump().find("\"updated_at\""), std::string::npos)
      << "a message may be unset";
  EXPECT_EQ(schemas["StartTrainingRunRequest"]["properties"]["hyperparameters"]["anyOf"][0],
            json({{"$ref", "#/components/schemas/HyperparametersInput"}}));
}

TEST_F(DocumentTest, FlattensForms) {
  const auto form_of = [&](const char* path) {
    const json& content = document_["paths"][path]["post"]["requestBody"]["content"];
    return Resolve(content["application/x-www-form-urlencoded"]["schema"]["$ref"]);
  };
  const json consent = form_of("/oauth2/consent");
  EXPECT_TRUE(consent["properties"].contains("request.client_id"));
  EXPECT_EQ(consent["properties"]["request.max_age"]["type"], "integer") << "a form has no null";
  EXPECT_FALSE(consent["properties"].contains("browser")) << "the cookie's";
  EXPECT_FALSE(consent.contains("additionalProperties")) << "what isn't known is passed over";
  EXPECT_EQ(form_of("/oauth2/revoke")["required"], json({"token"}));
}

TEST_F(DocumentTest, ListsTheValuesThatAreTaken) {
  const json& schemas = document_["components"]["schemas"];
  EXPECT_EQ(schemas["InteractionKindInput"]["enum"].dump().find("UNSPECIFIED"), std::string::npos)
      << "it is required";
  EXPECT_EQ(schemas["SetRolesRequest"]["properties"]["roles"]["items"]["enum"],
            json({"user", "curator", "administrator"}));
  EXPECT_EQ(schemas["RegisterRequest"]["properties"]["email"]["format"], "email");
  const json& seed = schemas["HyperparametersInput"]["properties"]["seed"];
  EXPECT_EQ(seed["minimum"], std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(seed["maximum"], std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace marquee::gateway
