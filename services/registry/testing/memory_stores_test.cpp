#include "registry/testing/memory_stores.h"

#include "registry/testing/artefact_store_contract.h"
#include "registry/testing/version_store_contract.h"

namespace marquee::registry::testing {
namespace {

class InMemory {
 public:
  static bool Available() { return true; }
  VersionStore& versions() { return versions_; }
  ArtefactStore& artefacts() { return artefacts_; }

 private:
  MemoryVersions versions_;
  MemoryArtefacts artefacts_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, VersionStoreContract, InMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ArtefactStoreContract, InMemory);

}  // namespace
}  // namespace marquee::registry::testing
