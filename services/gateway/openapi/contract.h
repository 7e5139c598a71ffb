// The contract that this program was built from: the descriptors of every proto, with their
// comments, embedded in the binary. The services it names are the generated ones, so that their
// messages are the linked-in classes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace google::protobuf {
class DescriptorPool;
class ServiceDescriptor;
}  // namespace google::protobuf

namespace marquee::gateway {

class Contract {
 public:
  // FAILED_PRECONDITION when the embedded set can't be read or a service isn't linked in.
  static Result<Contract> Load();
  // The same from a serialized FileDescriptorSet with source info; services are then this set's
  // own.
  static Result<Contract> FromSet(std::string_view serialized_set);
  Contract(Contract&&) noexcept;
  Contract& operator=(Contract&&) noexcept;
  ~Contract();

  const std::vector<const google::protobuf::ServiceDescriptor*>& services() const {
    return services_;
  }

  // The comment before (or else behind) the method, message, field, enum or service of that full
  // name, paragraphs separated by empty lines; empty when there is none.
  std::string Comment(const std::string& full_name) const;

 private:
  Contract();
  std::unique_ptr<google::protobuf::DescriptorPool> documented_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

}  // namespace marquee::gateway
