// The OpenAPI 3.1 document of an Api: paths, parameters, bodies, answers, errors by policy,
// constraints and examples from the field options, descriptions from the protos' comments. Knows no
// single rpc.
#pragma once

#include <string>

#include "gateway/openapi/contract.h"
#include "gateway/transcode/api.h"

namespace marquee::gateway {

std::string OpenApiDocument(const Api& api, const Contract& contract, const std::string& version);

}  // namespace marquee::gateway
