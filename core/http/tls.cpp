#include "core/http/tls.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SSLManager.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <climits>
#include <new>

namespace gh::http {

struct TlsContext::Parts {
    Poco::Net::Context::Ptr context;
};

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

namespace {

std::string last_openssl_error() {
    std::string text;
    // The oldest entry is the cause.
    if (const auto code = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(code);
        text = reason ? reason : "error " + std::to_string(code);
    }
    ERR_clear_error();
    return text.empty() ? "unknown error" : text;
}

Error cannot_use(const std::filesystem::path& file, std::string_view what, std::string_view why) {
    return Error{"tls: cannot use " + file.string() + " as " + std::string(what) + ": " + std::string(why)};
}

} // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const config::Tls& files) {
    using Poco::Net::Context;
    static const bool initialised = (Poco::Net::initializeSSL(), true);
    (void)initialised;
    ERR_clear_error();
    auto parts = std::make_unique<Parts>();
    try {
        const auto mode = files.client_ca.empty() ? Context::VERIFY_NONE : Context::VERIFY_STRICT;
        parts->context = new Context(Context::TLS_SERVER_USE, "", "", files.client_ca.string(), mode, 9, false,
                                     "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL");
        parts->context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    } catch (const Poco::Exception& e) {
        return cannot_use(files.client_ca, "client CA", e.displayText());
    }
    SSL_CTX* ctx = parts->context->sslContext();
    // Poco takes one of the two for good when the other is missing; each file is loaded here to name the one at fault.
    if (SSL_CTX_use_certificate_chain_file(ctx, files.certificate.c_str()) != 1)
        return cannot_use(files.certificate, "certificate", last_openssl_error());
    // An encrypted key would ask at the terminal.
    SSL_CTX_set_default_passwd_cb(ctx, [](char*, int, int, void*) { return 0; });
    if (SSL_CTX_use_PrivateKey_file(ctx, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return cannot_use(files.key, "key", last_openssl_error() + " (it must be PEM without a passphrase)");
    if (SSL_CTX_check_private_key(ctx) != 1)
        return cannot_use(files.key, "key", last_openssl_error() + " (it must belong to " + files.certificate.string() + ")");
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); // tickets only: no memory per client
    const unsigned char id[] = "gatehouse";
    SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
    if (!files.client_ca.empty()) {
        // Poco's verify callback asks the process-wide SSLManager, where anybody may have registered a lenient answer.
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        auto* names = SSL_load_client_CA_file(files.client_ca.c_str());
        if (!names) return cannot_use(files.client_ca, "client CA", last_openssl_error());
        SSL_CTX_set_client_CA_list(ctx, names);
    }
    return std::shared_ptr<const TlsContext>(new TlsContext(std::move(parts)));
}

std::unique_ptr<TlsSession> TlsContext::session() const {
    SSL* ssl = SSL_new(parts_->context->sslContext());
    if (!ssl) throw std::bad_alloc();
    return std::make_unique<TlsSession>(ssl);
}

TlsSession::TlsSession(SSL* ssl) : ssl_(ssl), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(in_, -1);
    BIO_set_mem_eof_return(out_, -1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() {
    SSL_free(ssl_);
}

TlsSession::Decrypted TlsSession::decrypt(std::string_view cipher, std::span<char> plain, std::string& out) {
    if (failed_) return {State::failed, 0};
    ERR_clear_error();
    BIO_write(in_, cipher.data(), static_cast<int>(cipher.size()));
    Decrypted result{State::open, 0};
    for (;;) {
        size_t n = 0;
        const auto room = plain.size() - result.size;
        if (room == 0) break;
        const int ok = SSL_read_ex(ssl_, plain.data() + result.size, room, &n);
        if (ok == 1) {
            result.size += n;
            continue;
        }
        const int error = SSL_get_error(ssl_, ok);
        if (error == SSL_ERROR_ZERO_RETURN) {
            result.state = State::ended;
        } else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            failed_ = true;
            failure_ = last_openssl_error();
            result.state = State::failed;
        }
        break;
    }
    collect(out);
    return result;
}

bool TlsSession::encrypt(std::string_view plain, std::string& out) {
    if (failed_) return false;
    ERR_clear_error();
    while (!plain.empty()) {
        size_t n = 0;
        if (SSL_write_ex(ssl_, plain.data(), plain.size(), &n) != 1) {
            failed_ = true;
            failure_ = last_openssl_error();
            return false;
        }
        plain.remove_prefix(n);
    }
    collect(out);
    return true;
}

void TlsSession::finish(std::string& out) {
    if (failed_ || !handshake_done()) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
    collect(out);
}

bool TlsSession::handshake_done() const {
    return SSL_is_init_finished(ssl_) == 1;
}

std::string TlsSession::peer_subject() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_);
    if (!certificate) return {};
    std::string text;
    if (BIO* memory = BIO_new(BIO_s_mem())) {
        X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
        char* data = nullptr;
        const long size = BIO_get_mem_data(memory, &data);
        if (size > 0) text.assign(data, static_cast<size_t>(size));
        BIO_free(memory);
    }
    X509_free(certificate);
    return text;
}

void TlsSession::collect(std::string& out) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    if (size <= 0) return;
    out.append(data, static_cast<size_t>(size));
    BIO_reset(out_);
}

} // namespace gh::http
