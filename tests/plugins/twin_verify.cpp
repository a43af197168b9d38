// Who gets in, and as what.
#include "tests/plugins/twin_support.hpp"
#include "tests/plugins/twin_vectors.hpp"

using namespace twin_test;
using nlohmann::json;

BOOST_AUTO_TEST_SUITE(twin_verify)

BOOST_AUTO_TEST_CASE(samples_end_as_they_should) {
    BOOST_TEST(plugin()->sample_count > 10u);
    for (size_t i = 0; i < plugin()->sample_count; ++i)
        BOOST_TEST(fake::check(plugin(), *plugin()->samples[i]) == "", fake::text(plugin()->samples[i]->name));
}

BOOST_AUTO_TEST_CASE(every_way_of_hashing_accepts_its_own_message_and_no_other) {
    for (const auto& with : twin_vectors::k_all) {
        json chosen = json::parse(settings({{"server_secret", json::array({"older", k_server})}}));
        chosen["hash"] = json::parse(with.hash);
        Opened strict(chosen.dump());
        BOOST_REQUIRE(strict.open());
        int accepted = 0;
        for (const auto& message : twin_vectors::k_all) {
            const bool own = message.body == with.body;
            const std::string verdict = strict.verdict(std::string(message.body));
            if (own) BOOST_TEST(verdict == "accept", with.hash);
            accepted += verdict == "accept";
        }
        BOOST_TEST(accepted == 1, with.hash);
    }
}

BOOST_AUTO_TEST_CASE(a_notification_becomes_an_event_with_its_one_name) {
    Opened s;
    Message m;
    m.trigger = "ledger. entry.updated";
    m.id = "5A5B0000-0000-4000-8000-00000000ABCD";
    const fake::Answer e = s.event(m.body());
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.type == "ledger.entry.updated");
    BOOST_TEST(e.dedupe_key == "5a5b0000-0000-4000-8000-00000000abcd");
    BOOST_TEST(e.subject == k_twin);
    BOOST_TEST(e.ordering_key == k_twin);
    BOOST_TEST(e.occurred_at == 1'772'366'399'500);
    BOOST_TEST(e.http_status == 200);
    BOOST_TEST(e.trust == static_cast<uint32_t>(GATEHOUSE_TRUST_VERIFIED));
    m.trigger = "twin.born";
    BOOST_TEST(s.event(m.body()).type == "twin.born");
    m.type = "Something";
    BOOST_TEST(s.event(m.body()).type == "unknown");
}

BOOST_AUTO_TEST_CASE(a_trigger_cannot_borrow_letters_from_its_neighbour) {
    // Members are hashed without separators: moving a letter over the border keeps the hash.
    Opened s;
    Message m;
    std::string body = m.body();
    const auto swap = [&](const std::string& from, const std::string& to) { body.replace(body.find(from), from.size(), to); };
    swap("\"Notification\"", "\"Notificationl\"");
    swap("\"ledger.entry.updated\"", "\"edger.entry.updated\"");
    BOOST_TEST(s.event(body).type == "unknown");
}

BOOST_AUTO_TEST_CASE(a_confirmation_is_told_by_its_url) {
    Opened s;
    Message m;
    m.type = "AnythingAtAll";
    m.confirmation_url = k_webhooks + "?token=YQ==";
    const fake::Answer e = s.event(m.body());
    BOOST_TEST(e.type == "subscription.confirmation");
    BOOST_TEST(e.subject == "line-4");
    BOOST_TEST(e.http_status == 200);
    for (const char* url :
         {"https://rest.trustedtwin.com.evil.example/notifications/webhooks/A?token=a", "http://rest.trustedtwin.com/W?token=a",
          "https://rest.trustedtwin.com:444/W?token=a", "https://rest.trustedtwin.com/W", "https://rest.trustedtwin.com/W?token=",
          "https://rest.trustedtwin.com/W?token=a&next=b", "https://rest.trustedtwin.com/W/../x?token=a",
          "https://rest.trustedtwin.com/W/x?token=a", "https://u@rest.trustedtwin.com/W?token=a",
          "https://rest.trustedtwin.com/notifications/webhooks/00000000-0000-4000-8000-000000000000?token=a", "file:///etc/passwd"}) {
        m.confirmation_url = url;
        if (const size_t at = m.confirmation_url.find("/W"); at != std::string::npos)
            m.confirmation_url.replace(at, 2, "/notifications/webhooks/" + k_account);
        BOOST_TEST(s.verdict(m.body()) == "confirmation_url_foreign", m.confirmation_url);
    }
}

BOOST_AUTO_TEST_CASE(malformed_bodies_are_400) {
    Opened s;
    for (const char* body : {"", "[]", "{}", "null", "{\"message\":\"x\"}", "{\"message\":\"5a5b0000-0000-4000-8000-000000000001\"}",
                             "{\"message\":\"5a5b0000-0000-4000-8000-000000000001\",\"sent_ts\":\"now\"}",
                             "{\"message\":\"5a5b0000-0000-4000-8000-000000000001\",\"sent_ts\":1,\"subscription\":7}"}) {
        const fake::Answer a = s.judge(body);
        BOOST_TEST(a.code == "body_malformed", body);
        BOOST_TEST(a.http_status == 400);
    }
}

BOOST_AUTO_TEST_CASE(a_message_without_its_hash_is_a_downgrade) {
    Message m;
    m.hashed = false;
    Opened s;
    const fake::Answer a = s.judge(m.body());
    BOOST_TEST(a.code == "hash_missing");
    BOOST_TEST(a.http_status == 403);
    // The same while no way of hashing is chosen yet.
    Opened open_source(settings({{"hash", nullptr}}), k_secret_path);
    BOOST_TEST(open_source.verdict(m.body()) == "hash_missing");
    // And when the secret was taken out of the settings after the subscription was made with it.
    Opened later(settings({{"hash", nullptr}, {"client_secret", nullptr}, {"server_secret", nullptr}}), k_secret_path);
    BOOST_TEST(later.verdict(m.body()) == "accept");
    later.host.state["twin.subscription.line-4"] =
        R"({"account":")" + k_account + R"(","phase":"active","hashed":true,"since":"2026-03-01T00:00:00.000Z"})";
    BOOST_TEST(later.verdict(m.body()) == "hash_missing");
}

BOOST_AUTO_TEST_CASE(without_a_way_of_hashing_only_a_secret_path_opens_and_marks_its_events) {
    Opened guessable(settings({{"hash", nullptr}}), "/hooks/twin");
    BOOST_TEST(!guessable.open());
    BOOST_TEST(guessable.host.reason.find("path") != std::string::npos, guessable.host.reason);
    BOOST_TEST(guessable.host.reason.find("verify --explain") != std::string::npos, guessable.host.reason);
    Opened s(settings({{"hash", nullptr}}), k_secret_path);
    BOOST_REQUIRE(s.open());
    const fake::Answer a = s.judge(Message{}.body());
    BOOST_TEST(a.trust == static_cast<uint32_t>(GATEHOUSE_TRUST_UNVERIFIED_ORIGIN));
    BOOST_TEST(s.event(Message{}.body()).trust == static_cast<uint32_t>(GATEHOUSE_TRUST_UNVERIFIED_ORIGIN));
    Message foreign;
    foreign.account = "00000000-0000-4000-8000-000000000000";
    BOOST_TEST(s.verdict(foreign.body()) == "account_foreign");
    foreign = {};
    foreign.topic = "line-5";
    BOOST_TEST(s.verdict(foreign.body()) == "topic_foreign");
}

BOOST_AUTO_TEST_CASE(keys_that_are_too_long_are_refused_with_the_reason) {
    Opened s(settings({{"server_secret", std::string(49, 's')}}));
    BOOST_TEST(!s.open());
    BOOST_TEST(s.host.reason.find("65 bytes") != std::string::npos, s.host.reason);
    BOOST_TEST(s.host.reason.find("at most 64") != std::string::npos, s.host.reason);
    BOOST_TEST(s.host.reason.find("ssss") == std::string::npos);
    Opened fits(settings({{"server_secret", std::string(48, 's')}}));
    BOOST_TEST(fits.open());
    Message m;
    m.key = k_client + std::string(48, 's');
    BOOST_TEST(fits.verdict(m.body()) == "accept");
    // One that an answer of the provider brought is our fault to the sender, not his.
    fits.host.state["twin.secrets.line-4"] = json{{"values", {{{"value", std::string(60, 'x')}}}}}.dump();
    BOOST_TEST(fits.verdict(m.body()).find("503: client_secret and the provider's server secret make a key of 76 bytes") == 0u);
    BOOST_TEST(!Opened(settings({{"client_secret", "short"}})).open());
    BOOST_TEST(!Opened(settings({{"client_secret", nullptr}})).open());
}

BOOST_AUTO_TEST_CASE(old_and_new_server_secrets_are_accepted_for_the_overlap) {
    Opened s(settings({{"server_secret", nullptr}}));
    Message m;
    BOOST_TEST(s.verdict(m.body()).find("503: no server secret is known") == 0u);
    s.host.state["twin.secrets.line-4"] =
        json{{"values", {{{"value", "brand-new"}}, {{"value", k_server}, {"until", "2026-03-01T12:15:00.000Z"}}}}}.dump();
    s.host.now = 1'772'367'300'000; // 12:15:00
    BOOST_TEST(s.verdict(m.body()) == "accept");
    s.host.now += 1;
    BOOST_TEST(s.verdict(m.body()) == "hash_mismatch");
    m.key = k_client + "brand-new";
    BOOST_TEST(s.verdict(m.body()) == "accept");
}

BOOST_AUTO_TEST_CASE(a_strange_hash_while_a_refresh_is_under_way_is_our_fault) {
    Opened s;
    Message m;
    m.key = "the next one";
    BOOST_TEST(s.verdict(m.body()) == "hash_mismatch");
    const auto renewing = [&](const std::string& since) {
        s.host.state["twin.subscription.line-4"] = R"({"account":")" + k_account +
                                                   R"(","phase":"active","hashed":true,"since":"2026-03-01T00:00:00.000Z","renewing":")" +
                                                   since + "\"}";
    };
    renewing("2026-03-01T11:59:59.000Z");
    BOOST_TEST(s.verdict(m.body()).find("503: ") == 0u);
    renewing("2026-03-01T11:50:00.000Z");
    BOOST_TEST(s.verdict(m.body()) == "hash_mismatch");
}

BOOST_AUTO_TEST_CASE(the_window_is_the_hosts_and_comes_from_sent_ts) {
    Opened s(settings({{"window", "2h"}}));
    const fake::Answer a = s.judge(Message{}.body());
    BOOST_TEST(a.signed_at == 1'772'366'399'500);
    BOOST_TEST(a.tolerance_past == 7'200'000);
    BOOST_TEST(a.replay_id == Message{}.id);
}

BOOST_AUTO_TEST_CASE(explain_names_the_setting_for_every_way_of_hashing) {
    for (const auto& with : twin_vectors::k_all) {
        Opened s(settings({{"hash", nullptr}}), k_secret_path, [](fake::Host& h) { h.listens = true; });
        BOOST_TEST(s.verdict(std::string(with.body)) == "accept");
        // The named setting, written into the configuration, accepts the message.
        std::vector<std::string> named;
        for (const auto& [title, detail] : s.host.said)
            if (title == "setting that fits" || title == "fits as well") named.push_back(detail);
        BOOST_REQUIRE_MESSAGE(!named.empty(), with.hash);
        const json wanted = json::parse(with.hash);
        bool found = false;
        for (const auto& line : named) {
            std::string order = "order: [";
            for (const auto& o : wanted["order"]) order += (order.back() == '[' ? "" : ", ") + o.get<std::string>();
            const std::string numbers = "numbers: " + wanted["numbers"].get<std::string>() + ",";
            const std::string dictionaries = "dictionaries: " + wanted["dictionaries"].get<std::string>() + ",";
            const std::string digest = "digest: " + wanted["digest"].get<std::string>() + "}";
            // Also where this message cannot tell it from others: whoever takes the first one only would refuse the next message.
            found |= line.find(order + "]") != line.npos && line.find(digest) != line.npos && line.find(dictionaries) != line.npos &&
                     line.find(numbers) != line.npos;
        }
        BOOST_TEST(found, with.hash << " not among " << named.size() << ", first " << named.front());
    }
}

BOOST_AUTO_TEST_CASE(explain_names_both_kinds_of_base64_where_a_hash_does_not_tell) {
    twin_ledger::hash_form form;
    form.digest = twin_ledger::digest_form::base64url;
    Message m;
    m.hashed = false;
    std::string body, hash;
    for (int n = 100; n < 999 && (hash.empty() || hash.find_first_of("-_") != hash.npos); ++n) {
        m.sent = "1772366" + std::to_string(n) + ".500";
        body = m.body();
        hash = form.hash(twin_ledger::blake2b_key(k_client + k_server), gatehouse::json::parse(body).root(), false);
    }
    body.insert(body.size() - 1, ",\"hash\":\"" + hash + "\"");
    Opened s(settings({{"hash", nullptr}}), k_secret_path, [](fake::Host& h) { h.listens = true; });
    BOOST_TEST(s.verdict(body) == "accept");
    std::string named;
    for (const auto& [title, detail] : s.host.said)
        if (title == "setting that fits" || title == "fits as well") named += detail + "\n";
    for (const char* digest : {"digest: base64}", "digest: base64url}"}) BOOST_TEST(named.find(digest) != named.npos, named);
    BOOST_TEST(named.find("digest: hex}") == named.npos, named);
}

BOOST_AUTO_TEST_CASE(explain_says_when_nothing_fits_and_shows_no_secret) {
    Opened s(settings(), "/sample", [](fake::Host& h) { h.listens = true; });
    Message m;
    m.key = "another key";
    BOOST_TEST(s.verdict(m.body()) == "hash_mismatch");
    std::string all;
    for (const auto& [title, detail] : s.host.said) all += title + ": " + detail + "\n";
    BOOST_TEST(all.find("no setting fits") != std::string::npos, all);
    BOOST_TEST(all.find("combinations tried") != std::string::npos, all);
    for (const std::string& secret : {k_client, k_server, std::string("refresh-cg"), std::string("end-cg")})
        BOOST_TEST(all.find(secret) == std::string::npos);
    m.hashed = false;
    s.host.said.clear();
    s.verdict(m.body());
    BOOST_TEST(s.host.said.back().second.find("has none") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_listener_nothing_is_said) {
    Opened s;
    BOOST_TEST(s.verdict(Message{}.body()) == "accept");
    BOOST_TEST(s.host.said.empty());
}

BOOST_AUTO_TEST_SUITE_END()
