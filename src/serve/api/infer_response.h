#pragma once

#include "serve/api/infer_request.h"
#include "serve/batching/job.h"
#include "serve/http/response.h"

namespace alexnet::serve {

/// The response to `request`: JSON, and after it the outputs that were requested in binary.
HttpResponse infer_response(const InferRequest& request, const JobResult& result,
                            const ServedModel& model);

}  // namespace alexnet::serve
