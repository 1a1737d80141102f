#pragma once

#include <string>
#include <vector>

#include "serve/executor.h"
#include "serve/http.h"
#include "serve/infer_request.h"

namespace alexnet::serve {

/// The answer to `request`: JSON, with the tensors that were asked for so in binary behind it.
HttpResponse infer_response(const InferRequest& request, const JobResult& result,
                            const ServedModel& model);

}  // namespace alexnet::serve
