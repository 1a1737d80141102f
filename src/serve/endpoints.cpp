#include "serve/endpoints.h"

#include "serve/api/endpoints.h"
#include "serve/page/pages.h"

namespace alexnet::serve {

std::vector<Endpoint> all_endpoints() {
  std::vector<Endpoint> all;
  // The first that fits answers: /v2/models/stats before /v2/models/{model}.
  for (const auto group : {page_endpoints(), status_endpoints(), triton_endpoints(),
                           model_endpoints(), repository_endpoints(), predict_endpoints(),
                           lpips_endpoints(), instances_endpoints(), infer_endpoints()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace alexnet::serve
