#include <alexnet/error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "serve/api/infer_request.h"
#include "serve/api/predict_request.h"
#include "serve/http/problem.h"
#include "serve/http/request.h"
#include "serve/http/url.h"

// Any request is understood or a Problem: a target, a Content-Type and a length of JSON, each up to
// a zero, then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace alexnet::serve;
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {
    const auto end = std::min(text.find('\0'), text.size());
    std::string part = text.substr(0, end);
    text.erase(0, std::min(end + 1, text.size()));
    return part;
  };
  HttpRequest request;
  try {
    request.query = parse_target(take()).query;
  } catch (const Problem&) {  // a request without parameters
  }
  request.headers.emplace_back("Content-Type", take());
  if (const std::string length = take(); !length.empty()) {
    request.headers.emplace_back(kJsonLength, length);
  }
  request.body = text;
  constexpr int kMostImages = 256;
  std::size_t sum = 0;
  try {
    for (const EncodedImage& image : parse_predict(request, kMostImages).images) {
      for (const char c : image.content) sum += static_cast<std::size_t>(c);
    }
  } catch (const Problem&) {  // then it may be the other
  }
  try {
    const InputTensor input = parse_infer(request, {1, 2, 2}, kMostImages).input;
    for (const std::byte byte : input.values) sum += static_cast<std::size_t>(byte);
    for (const EncodedImage& image : input.encoded) {
      for (const char c : image.content) sum += static_cast<std::size_t>(c);
    }
  } catch (const Problem&) {
    return 0;
  }
  volatile const std::size_t read = sum;
  static_cast<void>(read);
  return 0;
}
