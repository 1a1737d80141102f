#include "serve/http/tls.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <string>

namespace alexnet::serve {

std::optional<boost::asio::ssl::context> make_tls_context(const HttpOptions& options) {
  using boost::asio::ssl::context;
  using boost::system::error_code;
  if (options.tls_certificate.empty()) return std::nullopt;
  context tls(context::tls_server);
  const auto check = [](const error_code& error, const std::string& file, const char* what) {
    if (error) {
      throw Error(
          fmt::format("{} cannot be used as {}: {}; give PEM files with --tls-cert and "
                      "--tls-key that belong together",
                      file, what, error.message()));
    }
  };
  error_code error;
  tls.set_options(context::default_workarounds | context::no_tlsv1 | context::no_tlsv1_1, error);
  tls.use_certificate_chain_file(options.tls_certificate, error);
  check(error, options.tls_certificate, "a certificate");
  tls.use_private_key_file(options.tls_key, context::pem, error);
  check(error, options.tls_key, "its private key");
  return tls;
}

}  // namespace alexnet::serve
