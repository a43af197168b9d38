#include "core/egress/transfer.hpp"

#include "core/base/encoding.hpp"
#include "core/egress/address.hpp"
#include "core/egress/goodbye.hpp"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>

namespace gh::egress {

namespace {

constexpr size_t k_head_bytes = 64 * 1024; ///< an endless head, or endless 1xx answers
constexpr size_t k_head_fields = 256;
constexpr Millis k_connect_limit{10'000};
constexpr Millis k_longest_timeout{24 * 3'600'000};

bool is_token(std::string_view text) {
    // RFC 9110 section 5.6.2
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// Fields with which a caller could reach another virtual host or break the framing.
bool is_ours(std::string_view name) {
    for (const char* ours : {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
                             "expect", "http2-settings", "proxy-authorization", "proxy-connection"})
        if (equals_ignoring_case(name, ours)) return true;
    return false;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
        text.remove_suffix(1);
    return text;
}

} // namespace

Result<std::vector<std::shared_ptr<void>>> load_roots(const std::string& file) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_file(file.c_str(), "r"), BIO_free);
    if (!in) return Error{"cannot read the certificates in " + file};
    std::vector<std::shared_ptr<void>> roots;
    while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr))
        roots.emplace_back(certificate, [](void* c) { X509_free(static_cast<X509*>(c)); });
    if (roots.empty()) return Error{"there is no PEM certificate in " + file};
    return roots;
}

Transfer::Transfer(Request request, Done done)
    : request_(std::move(request)),
      done_(std::move(done)),
      deadline_(begun_ + std::clamp(request_.timeout, Millis(1), k_longest_timeout)) {}

void Transfer::check(const Policy* policy) {
    auto url = parse_url(request_.url);
    if (!url.ok()) return fail(Failure::not_allowed, url.error().message);
    url_ = std::move(url).value();
    const Rule* rule = policy ? policy->match(url_) : nullptr;
    if (!rule) return fail(Failure::not_allowed, "no rule allows this URL");
    private_addresses_ = rule->private_addresses;
    if (!is_token(request_.method) || request_.method == "CONNECT") return fail(Failure::not_allowed, "the method is not usable");
    for (const auto& field : request_.fields) {
        if (!is_token(field.name)) return fail(Failure::not_allowed, "a field name has characters that do not belong in one");
        if (!is_field_value(field.value)) return fail(Failure::not_allowed, "the value of field " + field.name + " has a control byte");
        if (is_ours(field.name)) return fail(Failure::not_allowed, "field " + field.name + " is set by the client itself: leave it out");
    }
}

void Transfer::fail(Failure failure, std::string_view cause) {
    response_.failure = failure;
    response_.error = url_.host.empty() ? std::string() : url_.authority() + ": ";
    for (const char c : cause.substr(0, 300)) response_.error += static_cast<uint8_t>(c) < 0x20 ? ' ' : c;
}

template <class T>
void Transfer::set(CURLoption option, T value) {
    // A libcurl without an option we rely on for safety must not send the request without it.
    if (const CURLcode code = curl_easy_setopt(easy_.get(), option, value); code != CURLE_OK && response_.failure == Failure::none)
        fail(Failure::protocol, "libcurl refuses option " + std::to_string(static_cast<int>(option)) + ": " + curl_easy_strerror(code));
}

void Transfer::prepare(Easy easy, const Shared& shared, Millis left) {
    easy_ = std::move(easy);
    shared_ = &shared;
    url_text_ = url_.text();
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_URL, url_text_.c_str());
    set(CURLOPT_PATH_AS_IS, 1L); // what was matched is what is sent
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L); // giving up on a slow name server must not wait for it
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_HTTP09_ALLOWED, 0L);
    set(CURLOPT_ACCEPT_ENCODING, "identity");
    set(CURLOPT_USERAGENT, shared.user_agent.c_str());
    if (left > k_connect_limit) set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(k_connect_limit.count()));
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_MAXAGE_CONN, 60L);
    set(CURLOPT_ERRORBUFFER, cause_);

    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_CAINFO, shared.ca_bundle.empty() ? nullptr : shared.ca_bundle.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // with a directory, libcurl parses all roots anew for each connection
    set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
    set(CURLOPT_SSL_CTX_DATA, this);

    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_head);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    if (shared.resolve) set(CURLOPT_RESOLVE, shared.resolve.get());
    set_method();
    set_fields();
}

void Transfer::set_method() {
    const std::string& method = request_.method;
    if (method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
        return;
    }
    // An announced length beyond the limit ends the transfer before its first byte.
    if (request_.max_response > 0) set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_response));
    if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(CURLOPT_POSTFIELDS, request_.body.c_str());
    } else {
        set(CURLOPT_HTTPGET, 1L);
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void Transfer::set_fields() {
    const auto add = [&](const std::string& line) {
        curl_slist* longer = curl_slist_append(fields_.get(), line.c_str());
        if (!longer) return fail(Failure::protocol, "out of memory");
        (void)fields_.release();
        fields_.reset(longer);
    };
    bool has_type = false, has_accept = false;
    for (const auto& field : request_.fields) {
        // A field with an empty value is written "Name;": "Name:" would take it out.
        add(trim(field.value).empty() ? field.name + ';' : field.name + ": " + field.value);
        has_type |= equals_ignoring_case(field.name, "content-type");
        has_accept |= equals_ignoring_case(field.name, "accept");
    }
    add("Expect:");
    if (!has_type) add("Content-Type:");
    if (!has_accept) add("Accept: */*");
    set(CURLOPT_HTTPHEADER, fields_.get());
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* where) {
    auto& transfer = *static_cast<Transfer*>(self);
    const AddressKind kind = classify(where->addr);
    if (kind == AddressKind::never || (kind == AddressKind::internal && !transfer.private_addresses_)) {
        transfer.refused_address_ = to_text(where->addr);
        return CURL_SOCKET_BAD;
    }
    return ::socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
}

CURLcode Transfer::on_tls(CURL*, void* ssl_context, void* self) {
    const auto& transfer = *static_cast<Transfer*>(self);
    auto* context = static_cast<SSL_CTX*>(ssl_context);
    watch_goodbye(context);
    for (const auto& root : transfer.shared_->more_roots)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), static_cast<X509*>(root.get())) != 1) return CURLE_SSL_CACERT_BADFILE;
    return CURLE_OK;
}

size_t Transfer::on_head(char* data, size_t size, size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_head({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
}

bool Transfer::take_head(std::string_view line) {
    head_bytes_ += line.size();
    if (head_bytes_ > k_head_bytes || response_.fields.size() >= k_head_fields) {
        too_large_ = true;
        return false;
    }
    if (head_complete_) return true;
    if (line.starts_with("HTTP/")) {
        response_.fields.clear(); // of a 1xx answer before this one
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        response_.status = static_cast<int>(status);
        return true;
    }
    const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    const std::string_view text = trim(line);
    if (text.empty()) {
        head_complete_ = response_.status >= 200;
        if (head_complete_) watch_end();
        return true;
    }
    if (folded && !response_.fields.empty()) {
        (response_.fields.back().value += ' ') += text;
        return true;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return true; // nothing a caller could ask for
    response_.fields.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
    return true;
}

void Transfer::watch_end() {
    long version = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
    const bool no_body = request_.method == "HEAD" || response_.status == 204 || response_.status == 304;
    if (url_.scheme != "https" || version == CURL_HTTP_VERSION_2_0 || no_body) return;
    if (response_.field("content-length") || response_.field("transfer-encoding")) return;
    const curl_tlssessioninfo* session = nullptr;
    if (curl_easy_getinfo(easy_.get(), CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session && session->internals)
        goodbye_ = goodbye_of(static_cast<SSL*>(session->internals));
}

bool Transfer::take_body(std::string_view bytes) {
    if (bytes.size() > request_.max_response - std::min(request_.max_response, response_.body.size())) {
        too_large_ = true;
        return false;
    }
    response_.body += bytes;
    return true;
}

void Transfer::finish(CURLcode code) {
    long version = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
    multiplexed_ = version == CURL_HTTP_VERSION_2_0;
    if (code == CURLE_OK && goodbye_ && !*goodbye_)
        return fail(Failure::truncated, "the connection ended without close_notify, and the answer had announced no length");
    if (code == CURLE_OK && response_.status >= 200) {
        std::erase_if(response_.fields, [](const auto& f) { return equals_ignoring_case(f.name, "content-encoding"); });
        return;
    }
    const std::string cause = code == CURLE_OK ? "no final answer came" : cause_[0] ? cause_ : curl_easy_strerror(code);
    if (too_large_ || code == CURLE_FILESIZE_EXCEEDED) {
        const std::string limit = std::to_string(request_.max_response);
        return fail(Failure::too_large, head_complete_ || code == CURLE_FILESIZE_EXCEEDED
                                            ? "the answer is longer than " + limit + " bytes"
                                            : "the head of the answer is longer than 64 KiB or 256 fields");
    }
    if (!refused_address_.empty() && (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT))
        return fail(Failure::address, "leads to " + refused_address_ + ", which must not be dialled from here");
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return fail(Failure::resolve, cause);
        case CURLE_COULDNT_CONNECT:
        case CURLE_SEND_ERROR:
            return fail(Failure::connect, cause);
        case CURLE_OPERATION_TIMEDOUT:
            return fail(Failure::connect, "no connection within the time allowed");
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_ENGINE_INITFAILED:
            return fail(Failure::tls, cause);
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
            return fail(Failure::truncated, cause);
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return fail(response_.status ? Failure::truncated : Failure::protocol, cause);
        default:
            return fail(Failure::protocol, cause);
    }
}

Easy Transfer::answer() {
    Easy easy = std::move(easy_);
    if (easy) curl_easy_reset(easy.get()); // it points at this object's members
    if (response_.failure != Failure::none) response_.body.clear();
    response_.elapsed = std::chrono::duration_cast<Millis>(Steady::now() - begun_);
    if (done_) std::exchange(done_, {})(std::move(response_));
    return easy;
}

} // namespace gh::egress
