#include "gateway/testing/test_protos.h"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdlib>
#include <iostream>

namespace marquee::gateway::testing {

namespace pb = google::protobuf;

namespace {

class Complain final : public pb::io::ErrorCollector {
 public:
  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    std::cerr << "test proto:" << line + 1 << ':' << column + 1 << ": " << message << '\n';
  }
};

}  // namespace

TestProtos::TestProtos(const std::string& body)
    : pool_(pb::DescriptorPool::generated_pool()), factory_(&pool_) {
  const std::string text = R"(syntax = "proto3"; package marquee.test.v1;
    import "google/api/annotations.proto"; import "google/api/httpbody.proto";
    import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
    import "google/protobuf/field_mask.proto"; import "marquee/options/v1/options.proto";
  )" + body;
  factory_.SetDelegateToGeneratedFactory(true);
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  Complain complain;
  pb::io::Tokenizer tokenizer(&stream, &complain);
  pb::compiler::Parser parser;
  parser.RecordErrorsTo(&complain);
  pb::FileDescriptorProto proto;
  proto.set_name("marquee/test/v1/test.proto");
  if (parser.Parse(&tokenizer, &proto)) file_ = pool_.BuildFile(proto);
  if (file_ == nullptr) std::abort();
}

const pb::Descriptor* TestProtos::Type(const std::string& name) const {
  return file_->FindMessageTypeByName(name);
}

std::vector<const pb::ServiceDescriptor*> TestProtos::Services() const {
  std::vector<const pb::ServiceDescriptor*> services;
  for (int i = 0; i < file_->service_count(); ++i) services.push_back(file_->service(i));
  return services;
}

}  // namespace marquee::gateway::testing
