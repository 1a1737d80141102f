#pragma once

namespace alexnet::cli {

/// Columns of the terminal behind a file descriptor; `otherwise` where there is none.
int terminal_width(int descriptor, int otherwise);

}  // namespace alexnet::cli
