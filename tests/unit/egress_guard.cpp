// Addresses are checked when they are dialled, and certificates always.
#include "core/egress/client.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/certificates.hpp"
#include "tests/support/peer.hpp"

using namespace gh;
using namespace gh::egress;
using gh::test::answer;
using gh::test::Authority;
using gh::test::Peer;
using gh::test::PeerConnection;
using gh::test::PeerRequest;

namespace {

struct Fixture {
    Log log{Level::error, [](std::string_view) {}};

    static Request get(const std::string& url) {
        Request r;
        r.url = url;
        r.timeout = Millis(5000);
        return r;
    }
    /// `url` is allowed; private addresses only when said.
    static std::shared_ptr<const Policy> allow(const std::string& url, bool private_addresses) {
        Rule rule = *rule_for(url);
        rule.private_addresses = private_addresses;
        return std::make_shared<Policy>(std::vector<Rule>{rule});
    }
    static Client::Options resolving(const std::string& host, uint16_t port, const std::string& address) {
        Client::Options options;
        options.resolve = {host + ':' + std::to_string(port) + ':' + address};
        return options;
    }
};

struct TlsFixture : Fixture {
    Authority authority;

    Response over_tls(const Authority::Files& files, const std::string& host, const std::string& ca_file) {
        const Peer::Tls tls{files.certificate, files.key};
        Peer peer(answer(200, "ok"), &tls);
        auto options = resolving(host, peer.port(), "127.0.0.1");
        options.ca_file = ca_file;
        Client client(options, log);
        const std::string url = peer.url("/hidden", host);
        auto a = client.send_and_wait(get(url), allow(url, true));
        BOOST_TEST(a.error.find("hidden") == std::string::npos);
        BOOST_TEST(peer.count() == (a.failure == Failure::none ? 1u : 0u));
        return a;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(egress_guard)

BOOST_FIXTURE_TEST_CASE(a_name_that_leads_to_loopback_is_refused_unless_allowed, Fixture) {
    Peer peer(answer(200, "inside"));
    Client client(resolving("public.test", peer.port(), "127.0.0.1"), log);
    const std::string url = peer.url("/", "public.test");
    const auto refused = client.send_and_wait(get(url), allow(url, false));
    BOOST_TEST(to_text(refused.failure) == "address");
    BOOST_TEST(refused.error.find("127.0.0.1") != std::string::npos);
    BOOST_TEST(peer.connections() == 0u);
    BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "none");
}

BOOST_FIXTURE_TEST_CASE(an_address_in_the_url_is_refused_unless_allowed, Fixture) {
    Peer peer(answer(200, "inside"));
    Client client({}, log);
    for (const std::string& host :
         {std::string("127.0.0.1"), std::string("localhost"), std::string("[::ffff:127.0.0.1]"), std::string("[::1]")}) {
        const std::string url = peer.url("/", host);
        BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, false)).failure) == "address", host);
    }
    BOOST_TEST(peer.connections() == 0u);
}

BOOST_FIXTURE_TEST_CASE(addresses_that_are_never_dialled, Fixture) {
    Peer peer(answer(200, "inside"));
    Client client({}, log);
    for (const std::string& host :
         {std::string("0.0.0.0"), std::string("[::]"), std::string("255.255.255.255"), std::string("224.0.0.1")}) {
        const std::string url = peer.url("/", host);
        BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "address", host);
    }
    BOOST_TEST(peer.connections() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_pooled_connection_opened_under_a_permissive_rule_does_not_serve_a_strict_one, Fixture) {
    Peer peer(answer(200, "inside"));
    Client client(resolving("both.test", peer.port(), "127.0.0.1"), log);
    const std::string url = peer.url("/", "both.test");
    BOOST_REQUIRE(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "none");
    BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, false)).failure) == "address");
    BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "none");
    BOOST_TEST(peer.connections() == 1u); // the permissive one is still pooled
    BOOST_TEST(peer.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(of_several_addresses_only_harmless_ones_are_dialled, Fixture) {
    Peer peer(answer(200, "inside"));
    // The first address is reserved, so it is skipped in the permissive pool; the second answers.
    Client client(resolving("two.test", peer.port(), "240.0.0.1,127.0.0.1"), log);
    const std::string url = peer.url("/", "two.test");
    BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "none");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_a_trusted_root_is_accepted, TlsFixture) {
    const auto a = over_tls(authority.issue("DNS:peer.test"), "peer.test", authority.file());
    BOOST_TEST(to_text(a.failure) == "none");
    BOOST_TEST(a.body == "ok");
}

BOOST_FIXTURE_TEST_CASE(an_unknown_root_is_refused, TlsFixture) {
    const auto files = authority.issue("DNS:peer.test");
    BOOST_TEST(to_text(over_tls(files, "peer.test", "").failure) == "tls");
    const Authority stranger;
    BOOST_TEST(to_text(over_tls(files, "peer.test", stranger.file()).failure) == "tls");
    BOOST_TEST(to_text(over_tls(files, "peer.test", "/nonexistent/ca.pem").failure) == "tls");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_name_is_refused, TlsFixture) {
    BOOST_TEST(to_text(over_tls(authority.issue("DNS:other.test"), "peer.test", authority.file()).failure) == "tls");
    BOOST_TEST(to_text(over_tls(authority.issue("DNS:*.test"), "a.peer.test", authority.file()).failure) == "tls");
    BOOST_TEST(to_text(over_tls(authority.issue("DNS:127.0.0.1"), "127.0.0.1", authority.file()).failure) == "tls");
    BOOST_TEST(to_text(over_tls(authority.issue("IP:127.0.0.1"), "127.0.0.1", authority.file()).failure) == "none");
}

BOOST_FIXTURE_TEST_CASE(expired_and_future_certificates_are_refused, TlsFixture) {
    BOOST_TEST(to_text(over_tls(authority.issue("DNS:peer.test", -7200, -60), "peer.test", authority.file()).failure) == "tls");
    BOOST_TEST(to_text(over_tls(authority.issue("DNS:peer.test", 3600, 7200), "peer.test", authority.file()).failure) == "tls");
}

BOOST_FIXTURE_TEST_CASE(plain_text_on_a_tls_port_is_a_tls_failure, TlsFixture) {
    // Reads what looks like no request at all, so the script never runs: the peer simply is not TLS.
    Peer plain(answer(200));
    Client client({}, log);
    const std::string url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
    Request r = get(url);
    r.timeout = Millis(300);
    const auto failure = client.send_and_wait(r, allow(url, true)).failure;
    BOOST_TEST((failure == Failure::tls || failure == Failure::timeout));
}

BOOST_FIXTURE_TEST_CASE(a_tls_answer_of_unknown_length_cut_without_goodbye_is_truncated, TlsFixture) {
    const auto files = authority.issue("DNS:peer.test");
    const Peer::Tls tls{files.certificate, files.key};
    bool goodbye = false;
    Peer peer(
        [&](const PeerRequest&, PeerConnection& c) {
            c.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart");
            if (goodbye)
                c.close();
            else
                c.cut();
        },
        &tls);
    auto options = resolving("peer.test", peer.port(), "127.0.0.1");
    options.ca_file = authority.file();
    Client client(options, log);
    const std::string url = peer.url("/", "peer.test");
    BOOST_TEST(to_text(client.send_and_wait(get(url), allow(url, true)).failure) == "truncated");
    goodbye = true;
    const auto whole = client.send_and_wait(get(url), allow(url, true));
    BOOST_TEST(to_text(whole.failure) == "none");
    BOOST_TEST(whole.body == "part");
}

BOOST_AUTO_TEST_SUITE_END()
