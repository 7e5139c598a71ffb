// Protos written in a test, for what our own don't have: odd path templates, every kind of field.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>
#include <vector>

namespace marquee::gateway::testing {

class TestProtos {
 public:
  // `body` follows `syntax`, `package marquee.test.v1` and the imports of annotations, options,
  // httpbody, timestamp, duration and field_mask. Ends the program when it doesn't compile.
  explicit TestProtos(const std::string& body);

  const google::protobuf::Descriptor* Type(const std::string& name) const;
  std::vector<const google::protobuf::ServiceDescriptor*> Services() const;
  google::protobuf::MessageFactory& factory() { return factory_; }

 private:
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
};

}  // namespace marquee::gateway::testing
