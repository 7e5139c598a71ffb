// Domain ⇄ contract.
#pragma once

#include "base/result.h"
#include "catalog/domain/ports.h"
#include "marquee/catalog/v1/catalog.pb.h"

namespace marquee::catalog {

void ToProto(const CatalogMovie& movie, v1::Movie& out);
v1::PopularMovie ToPopular(const CatalogMovie& movie);

// The curators' fields; what is the audience's is ignored.
Movie FromProto(const v1::Movie& movie);

// What an update changes: the fields that the mask names ("*": all), or, without a mask, those that
// the movie has. InvalidArgument "field_unknown" (update_mask) for a path that a movie doesn't
// have.
Result<MoviePatch> PatchFromProto(const v1::UpdateMovieRequest& request);

}  // namespace marquee::catalog
