#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <memory>

#include "serve/test_server.h"
#include "support/temp_folder.h"

namespace alexnet::serve {
namespace {

namespace asio = boost::asio;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// A certificate that signs itself, and its key.
void write_certificate(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(EVP_EC_gen("P-256"),
                                                                 &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), pair.get());
  X509_NAME* name = X509_get_subject_name(x509.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x509.get(), name);
  X509_sign(x509.get(), pair.get(), EVP_sha256());
  const std::unique_ptr<std::FILE, CloseFile> out(std::fopen(certificate.c_str(), "w"));
  PEM_write_X509(out.get(), x509.get());
  const std::unique_ptr<std::FILE, CloseFile> secret(std::fopen(key.c_str(), "w"));
  PEM_write_PrivateKey(secret.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

std::string ask(std::uint16_t port, const std::string& request) {
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
  stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(request));
  std::string answer;
  boost::system::error_code error;
  std::array<char, 4096> block{};
  while (!error) {
    answer.append(block.data(), stream.read_some(asio::buffer(block), error));
  }
  return answer;
}

TEST(Tls, AnswersOverTls) {
  const test::TempFolder folder;
  ServerOptions options = test::test_options();
  options.http.tls_certificate = folder / "cert.pem";
  options.http.tls_key = folder / "key.pem";
  write_certificate(folder / "cert.pem", folder / "key.pem");
  const auto server = test::start_server(options);
  const std::string answer =
      ask(server->port(),
          test::request_text("POST", "/v1/predict", {{"Connection", "close"}}, test::small_png()));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_NE(answer.find("\"predictions\""), std::string::npos);
  test::HttpClient plain(server->port());  // without TLS there is no response
  plain.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(plain.closed());
  EXPECT_TRUE(ask(server->port(), test::request_text("GET", "/v2", {{"Connection", "close"}}))
                  .starts_with("HTTP/1.1 200"));
}

std::string certificate_of(std::uint16_t port) {
  asio::io_context io;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, tls);
  stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  stream.handshake(asio::ssl::stream_base::client);
  const std::unique_ptr<X509, decltype(&X509_free)> shown(
      SSL_get1_peer_certificate(stream.native_handle()), &X509_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(shown.get(), EVP_sha256(), digest.data(), &size);
  return {digest.begin(), digest.begin() + size};
}

TEST(Tls, ReloadsItsCertificate) {
  const test::TempFolder folder;
  test::Lines notices;
  ServerOptions options = test::test_options();
  options.notice = notices.sink();
  options.http.tls_certificate = folder / "cert.pem";
  options.http.tls_key = folder / "key.pem";
  write_certificate(folder / "cert.pem", folder / "key.pem");
  const auto server = test::start_server(options);
  const std::string before = certificate_of(server->port());
  EXPECT_EQ(certificate_of(server->port()), before);
  write_certificate(folder / "cert.pem", folder / "other.pem");  // not of this key
  server->reload();
  EXPECT_TRUE(notices.all().back().starts_with("keeps its certificate, reloading failed: "));
  EXPECT_EQ(certificate_of(server->port()), before);
  write_certificate(folder / "cert.pem", folder / "key.pem");
  server->reload();
  EXPECT_TRUE(notices.all().back().starts_with("reloaded the certificate "));
  EXPECT_NE(certificate_of(server->port()), before);
}

}  // namespace
}  // namespace alexnet::serve
