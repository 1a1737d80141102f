#include "serve/encoded_image.h"

#include <fmt/format.h>

#include "serve/problem.h"

namespace alexnet::serve {

void check_image_count(std::size_t count, int most) {
  if (count > static_cast<std::size_t>(most)) {
    throw Problem(413,
                  fmt::format("the request has more than {} images; send fewer at a time", most));
  }
}

}  // namespace alexnet::serve
