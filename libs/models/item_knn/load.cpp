#include "models/item_to_item.h"

namespace marquee::models::item_knn {

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  return LoadItemToItem(parameters, "item-knn", items);
}

}  // namespace marquee::models::item_knn
