// Page tokens: one that is taken is one that we would have given out.
#include "base/page_token.h"

#include "base/base64.h"
#include "fuzz/must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto in = TextOf(data, size);
  for (const std::size_t fields : {1, 2, 3}) {
    const auto key = marquee::DecodePageToken("movies", in, fields);
    if (!key.ok()) {
      MUST(key.error().field == "page_token");
      continue;
    }
    MUST(key->size() == fields && marquee::EncodePageToken("movies", *key) == in);
    MUST(!marquee::DecodePageToken("users", in, fields).ok());
  }
  if (const auto bytes = marquee::Base64UrlDecode(in); bytes.ok())
    MUST(marquee::Base64UrlEncode(*bytes) == in);
  return 0;
}
