#include "models/item_to_item.h"

namespace marquee::models::ease {

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  return LoadItemToItem(parameters, "ease", items);
}

}  // namespace marquee::models::ease
