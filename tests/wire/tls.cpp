// TLS: handshakes whole, garbled, stalled and dripping; client certificates; reloading.
#include <boost/test/unit_test.hpp>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <fstream>
#include <thread>

#include "certificates.hpp"
#include "kit.hpp"

using namespace wire;

namespace {

class TlsClient {
public:
    struct Options {
        const Identity* identity = nullptr;
        int least = TLS1_2_VERSION, most = TLS1_3_VERSION;
    };
    TlsClient(uint16_t port, const Identity& ca, Options options) : client_(port), ctx_(SSL_CTX_new(TLS_client_method())) {
        const timeval limit{10, 0};
        ::setsockopt(client_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        SSL_CTX_set_security_level(ctx_.get(), 0);
        SSL_CTX_set_min_proto_version(ctx_.get(), options.least);
        SSL_CTX_set_max_proto_version(ctx_.get(), options.most);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx_.get()), ca.certificate.get());
        SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER, nullptr);
        if (options.identity) {
            SSL_CTX_use_certificate(ctx_.get(), options.identity->certificate.get());
            SSL_CTX_use_PrivateKey(ctx_.get(), options.identity->key.get());
        }
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_fd(ssl_.get(), client_.fd());
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    TlsClient(uint16_t port, const Identity& ca) : TlsClient(port, ca, Options{}) {}

    bool connected() const { return connected_; }
    SSL* ssl() { return ssl_.get(); }
    Client& tcp() { return client_; }
    bool send(std::string_view bytes) { return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0; }
    /// Until `end` is the end of what has come; empty: until the connection ends.
    std::string read_until(std::string_view end) {
        std::string all;
        char buffer[16384];
        while (end.empty() || !all.ends_with(end)) {
            const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (n <= 0) {
                clean_end = SSL_get_error(ssl_.get(), n) == SSL_ERROR_ZERO_RETURN;
                break;
            }
            all.append(buffer, static_cast<size_t>(n));
        }
        return all;
    }
    bool clean_end = false;

private:
    Client client_;
    std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> ctx_;
    std::unique_ptr<SSL, Free<SSL_free>> ssl_;
    bool connected_ = false;
};

/// Server with TLS; its files can be changed.
struct Secured {
    explicit Secured(bool client_ca = false, http::Limits limits = {}) {
        make_identity("server", &ca).write(folder / "server.pem", folder / "server.key");
        ca.write(folder / "ca.pem", folder / "ca.key");
        auto listen = loopback();
        listen.tls = gh::config::Tls{folder / "server.pem", folder / "server.key", client_ca ? folder / "ca.pem" : std::filesystem::path()};
        f = std::make_unique<Fixture>(limits, std::vector{listen});
    }
    uint16_t port() const { return f->port(); }
    Identity ca = make_identity("ca", nullptr);
    Folder folder;
    std::unique_ptr<Fixture> f;
};

} // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(requests_are_served_over_1_2_and_1_3) {
    Secured s;
    std::vector<bool> secure;
    s.f->echo.on_admit = [&](const http::Request& r) -> http::Admission {
        secure.push_back(r.secure && r.client_certificate.empty());
        return http::Admitted{1 << 20, nullptr};
    };
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsClient client(s.port(), s.ca, {.least = version, .most = version});
        BOOST_REQUIRE(client.connected());
        for (int i = 0; i < 3; ++i) {
            BOOST_TEST(client.send(post("body" + std::to_string(i))));
            BOOST_TEST(client.read_until("body" + std::to_string(i)).starts_with("HTTP/1.1 200"));
        }
    }
    BOOST_TEST(secure.size() == 6u);
    BOOST_TEST((secure == std::vector<bool>(6, true)));
}

BOOST_AUTO_TEST_CASE(versions_before_1_2_are_refused) {
    Secured s;
    TlsClient client(s.port(), s.ca, {.least = TLS1_VERSION, .most = TLS1_1_VERSION});
    BOOST_TEST(!client.connected());
    BOOST_TEST(eventually([&] { return s.f->refused("tls") == 1; }));
}

BOOST_AUTO_TEST_CASE(large_bodies_pass_both_ways) {
    Secured s;
    s.f->echo.max_body = 8 << 20;
    TlsClient client(s.port(), s.ca);
    BOOST_REQUIRE(client.connected());
    std::string body(3 << 20, 'x');
    for (size_t i = 0; i < body.size(); i += 1009) body[i] = static_cast<char>('a' + i % 26);
    body += "END.";
    BOOST_TEST(client.send(post(body)));
    const auto got = client.read_until("END.");
    BOOST_TEST((got.ends_with("POST / " + body)));
}

BOOST_AUTO_TEST_CASE(closing_says_close_notify) {
    Secured s;
    TlsClient client(s.port(), s.ca);
    BOOST_TEST(client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
    BOOST_TEST(client.read_until("").ends_with("GET / "));
    BOOST_TEST(client.clean_end);
}

BOOST_AUTO_TEST_CASE(framing_refusals_reach_the_client) {
    Secured s;
    TlsClient client(s.port(), s.ca);
    BOOST_TEST(client.send("GET / HTTP/1.1\r\n\r\n" + std::string(1000, 'x')));
    BOOST_TEST(client.read_until("").starts_with("HTTP/1.1 400"));
    BOOST_TEST(client.clean_end);
}

BOOST_AUTO_TEST_CASE(a_client_certificate_is_demanded_and_its_subject_known) {
    Secured s(true);
    std::string subject;
    s.f->echo.on_exchange = [&](http::Exchange e) {
        subject = e.request().client_certificate;
        e.respond({});
    };
    const auto known = make_identity("app", &s.ca);
    const auto other_ca = make_identity("other ca", nullptr);
    const auto unknown = make_identity("app", &other_ca);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        subject.clear();
        TlsClient client(s.port(), s.ca, {&known, version, version});
        BOOST_TEST(client.send(k_get));
        BOOST_TEST(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
        BOOST_TEST(subject == "CN=app,O=Test");
        // With 1.3 the client learns of it only when it reads.
        TlsClient stranger(s.port(), s.ca, {&unknown, version, version});
        stranger.send(k_get);
        BOOST_TEST(stranger.read_until("\r\n\r\n").empty());
        TlsClient nameless(s.port(), s.ca, {nullptr, version, version});
        nameless.send(k_get);
        BOOST_TEST(nameless.read_until("\r\n\r\n").empty());
    }
    BOOST_TEST(s.f->refused("tls") == 4u);
    BOOST_TEST(s.f->echo.seen().size() == 2u);
}

BOOST_AUTO_TEST_CASE(garbage_and_plain_http_are_closed) {
    Secured s;
    for (const std::string& bytes :
         {std::string(k_get), std::string(2000, '\xff'), std::string("\x16\x03\x01\x02\x00\x01zzzz", 10) + std::string(600, 'z')}) {
        Client client(s.port());
        client.send(bytes);
        client.read_to_end();
        BOOST_TEST(client.ended());
    }
    BOOST_TEST(s.f->refused("tls") == 3u);
    TlsClient healthy(s.port(), s.ca);
    BOOST_TEST(healthy.connected());
}

BOOST_AUTO_TEST_CASE(a_stalled_handshake_is_closed) {
    http::Limits limits;
    limits.tls_handshake = Millis(150);
    Secured s(false, limits);
    Client silent(s.port());
    Client half(s.port());
    half.send(std::string("\x16\x03\x01\x02\x00", 5));
    BOOST_TEST(silent.ended());
    BOOST_TEST(half.ended());
    BOOST_TEST(s.f->refused("slow_tls") == 2u);
}

BOOST_AUTO_TEST_CASE(renegotiation_is_not_done) {
    Secured s;
    TlsClient client(s.port(), s.ca, {.least = TLS1_2_VERSION, .most = TLS1_2_VERSION});
    BOOST_REQUIRE(client.connected());
    SSL_renegotiate(client.ssl());
    BOOST_TEST(SSL_do_handshake(client.ssl()) != 1);
}

BOOST_AUTO_TEST_CASE(streams_pass) {
    Secured s;
    s.f->echo.on_exchange = [](http::Exchange e) {
        auto stream = e.stream({});
        for (int i = 0; i < 3; ++i) stream.write("piece\n");
    };
    TlsClient client(s.port(), s.ca);
    BOOST_TEST(client.send(k_get));
    const auto all = client.read_until("0\r\n\r\n");
    BOOST_TEST(all.find("piece\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(reloading_takes_new_certificates_and_keeps_old_ones_on_failure) {
    Secured s;
    const auto serial = [&] {
        TlsClient client(s.port(), s.ca);
        BOOST_REQUIRE(client.connected());
        Certificate c(SSL_get1_peer_certificate(client.ssl()));
        return ASN1_INTEGER_get(X509_get0_serialNumber(c.get()));
    };
    const auto first = serial();
    TlsClient before(s.port(), s.ca);
    make_identity("server", &s.ca).write(s.folder / "server.pem", s.folder / "server.key");
    BOOST_TEST(s.f->server->reload_certificates().ok());
    const auto second = serial();
    BOOST_TEST(first != second);
    // A key that does not belong to the certificate.
    make_identity("server", &s.ca).write(s.folder / "unused.pem", s.folder / "server.key");
    const auto mismatch = s.f->server->reload_certificates();
    BOOST_REQUIRE(!mismatch.ok());
    BOOST_TEST(mismatch.error().message.find("server.key") != std::string::npos);
    BOOST_TEST(serial() == second);
    std::ofstream(s.folder / "server.pem") << "nonsense";
    const auto nonsense = s.f->server->reload_certificates();
    BOOST_REQUIRE(!nonsense.ok());
    BOOST_TEST(nonsense.error().message.find("server.pem") != std::string::npos);
    BOOST_TEST(serial() == second);
    // Connections made before go on.
    BOOST_TEST(before.send(k_get));
    BOOST_TEST(before.read_until("GET /probe ").starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
    Folder folder;
    auto listen = loopback();
    listen.tls = gh::config::Tls{folder / "none.pem", folder / "none.key", {}};
    try {
        Fixture f({}, {listen});
        BOOST_ERROR("started without a certificate");
    } catch (const std::runtime_error& e) {
        BOOST_TEST(std::string(e.what()).find("none.pem") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_encrypted_key_does_not_ask) {
    Secured s;
    const auto identity = make_identity("server", &s.ca);
    identity.write(s.folder / "server.pem", s.folder / "server.key");
    FILE* file = std::fopen((s.folder / "server.key").c_str(), "w");
    unsigned char word[] = "word";
    PEM_write_PrivateKey(file, identity.key.get(), EVP_aes_128_cbc(), word, 4, nullptr, nullptr);
    std::fclose(file);
    const auto reloaded = s.f->server->reload_certificates();
    BOOST_REQUIRE(!reloaded.ok());
    BOOST_TEST(reloaded.error().message.find("passphrase") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_missing_client_ca_is_named) {
    Secured s;
    auto listen = loopback();
    listen.tls = gh::config::Tls{s.folder / "server.pem", s.folder / "server.key", s.folder / "no-ca.pem"};
    BOOST_CHECK_EXCEPTION(Fixture({}, {listen}), std::runtime_error,
                          [](const auto& e) { return std::string(e.what()).find("no-ca.pem") != std::string::npos; });
}

BOOST_AUTO_TEST_SUITE_END()
