// The reconciler against a provider that outlives it: crash points, renewals, secrets.
#include "tests/unit/subscriptions_support.hpp"

using namespace gh;
using namespace gh::subscriptions;
using namespace gh::test;

namespace {

const std::vector<std::string> k_all = {"list", "subscribe", "update", "renew", "unsubscribe"};
const std::vector<std::string> k_no_update = {"list", "subscribe", "unsubscribe"};

std::string states(const View& v) {
    std::string out;
    for (const auto& line : v.plan.lines) out += (out.empty() ? "" : " ") + line.record.id + ":" + line.state;
    return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(subscriptions_reconciler, SubscriptionsFixture)

BOOST_AUTO_TEST_CASE(made_once_and_left_alone_then) {
    const auto s = source(k_all);
    const auto first = gateway()->apply(s, false);
    BOOST_TEST(first.error == "");
    BOOST_TEST(states(first) == "s1:active");
    provider->calls.clear();
    const auto again = gateway()->apply(s, false);
    BOOST_TEST(again.results.empty());
    BOOST_TEST(provider->calls == std::vector<std::string>{"list"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_point_of_a_create_leaves_one) {
    struct Point {
        const char* before;
        const char* after;
    };
    for (const Point& p : {Point{"subscribe", ""}, Point{"", "subscribe"}, Point{"list", ""}, Point{"", "list"}})
        for (const bool secret : {false, true}) {
            SubscriptionsFixture f;
            const auto s = f.source(k_all);
            if (secret) s->captured = {"secret"};
            f.provider->gives_secret = secret;
            f.provider->crash_before = p.before;
            f.provider->crash_after = p.after;
            BOOST_TEST(f.dies(s));
            const auto view = f.gateway()->apply(s, false);
            BOOST_TEST(view.error == "");
            BOOST_TEST(f.provider->there.size() == 1u);
            BOOST_TEST(view.plan.steps.empty());
            BOOST_TEST(f.gateway()->apply(s, false).results.empty());
            if (!secret) continue;
            const auto kept = f.vault->read("bank");
            BOOST_REQUIRE(kept.ok());
            BOOST_REQUIRE(!kept->empty());
            BOOST_TEST(kept->front().value.reveal() == f.provider->there.begin()->second.secret);
            BOOST_TEST(kept->front().subscription == f.provider->there.begin()->first);
        }
}

BOOST_AUTO_TEST_CASE(a_lost_secret_that_no_update_tells_costs_a_new_subscription) {
    const auto s = source(k_no_update);
    s->captured = {"secret"};
    provider->gives_secret = true;
    provider->crash_after = "subscribe";
    BOOST_TEST(dies(s));
    BOOST_TEST(gateway()->apply(s, false).error == "");
    BOOST_TEST(provider->there.size() == 1u);
    BOOST_TEST(provider->there.begin()->first == "s2");
    BOOST_TEST(gateway()->apply(s, false).results.empty());
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_point_of_a_replacement_never_leaves_none_and_ends_with_one) {
    for (const auto& [before, after] :
         std::vector<std::pair<std::string, std::string>>{{"subscribe", ""}, {"", "subscribe"}, {"unsubscribe", ""}, {"", "unsubscribe"}}) {
        SubscriptionsFixture f;
        const auto s = f.source(k_no_update);
        BOOST_TEST(f.gateway()->apply(s, false).error == "");
        s->block->json = R"({"url":"https://us/","events":["a","c"]})";
        f.provider->crash_before = before;
        f.provider->crash_after = after;
        BOOST_TEST(f.dies(s));
        BOOST_TEST(!f.provider->there.empty(), before << "/" << after);
        BOOST_TEST(f.gateway()->apply(s, false).error == "");
        BOOST_REQUIRE(f.provider->there.size() == 1u);
        BOOST_TEST(f.provider->there.begin()->first == "s2");
        BOOST_TEST(f.gateway()->apply(s, false).results.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_failed_create_is_tried_again_and_foreign_ones_stay) {
    const auto s = source(k_all);
    const auto foreign = provider->add(R"({"url":"https://them/"})");
    provider->failures["subscribe"] = FakeProvider::failed(OperationEnd::Kind::retry, "no answer");
    const auto failed = gateway()->apply(s, true);
    BOOST_TEST(failed.error == "create: no answer");
    BOOST_TEST(!failed.plan.steps.empty());
    provider->failures.clear();
    BOOST_TEST(states(gateway()->apply(s, true)) == "s2:active " + foreign + ":foreign");
    s->block.reset();
    BOOST_TEST(states(gateway()->apply(s, true)) == foreign + ":foreign");
    BOOST_TEST(provider->there.contains(foreign));
}

BOOST_AUTO_TEST_CASE(a_list_that_fails_changes_nothing_and_shows_what_was_seen) {
    const auto s = source(k_all);
    const auto one = gateway();
    BOOST_TEST(one->apply(s, false).error == "");
    provider->failures["list"] = FakeProvider::failed(OperationEnd::Kind::refused, "wrong key");
    const auto view = one->apply(s, true);
    BOOST_TEST(view.error == "the list of subscriptions: wrong key");
    BOOST_TEST(states(view) == "s1:active");
    BOOST_TEST(provider->there.size() == 1u);
}

BOOST_AUTO_TEST_CASE(renewed_from_two_thirds_of_its_life_on) {
    const auto s = source(k_all);
    provider->life = std::chrono::hours(12);
    const auto one = gateway();
    const auto made = one->apply(s, false);
    BOOST_REQUIRE(made.plan.renew_at.has_value());
    BOOST_TEST((*made.plan.renew_at - clock.now() == std::chrono::hours(8)));
    provider->calls.clear();
    clock.advance(std::chrono::hours(8));
    provider->failures["renew"] = FakeProvider::failed(OperationEnd::Kind::retry, "busy");
    BOOST_TEST(one->apply(s, false).error == "renew s1: busy");
    clock.advance(std::chrono::hours(2));
    BOOST_TEST(states(one->apply(s, false)) == "s1:expiring");
    provider->failures.clear();
    BOOST_TEST(states(one->apply(s, false)) == "s1:active");
    const auto renewed = one->apply(s, false);
    BOOST_TEST(renewed.results.empty());
    BOOST_TEST((*renewed.plan.renew_at - clock.now() == std::chrono::hours(8)));
}

BOOST_AUTO_TEST_CASE(one_that_the_provider_does_not_renew_is_replaced_before_it_ends) {
    for (const auto kind : {OperationEnd::Kind::gone, OperationEnd::Kind::refused, OperationEnd::Kind::invalid}) {
        SubscriptionsFixture f;
        const auto s = f.source({"list", "subscribe", "renew", "unsubscribe"});
        f.provider->life = std::chrono::hours(12);
        const auto one = f.gateway();
        one->apply(s, false);
        f.clock.advance(std::chrono::hours(8));
        f.provider->calls.clear();
        f.provider->failures["renew"] = FakeProvider::failed(kind, "the token is unknown");
        const auto view = one->apply(s, false);
        BOOST_TEST(view.error == "");
        BOOST_TEST(states(view) == "s2:active");
        // The new one first, so that nothing is missed between.
        const std::vector<std::string> calls = {"list", "renew", "subscribe", "unsubscribe", "list"};
        BOOST_TEST(f.provider->calls == calls, boost::test_tools::per_element());
        BOOST_TEST(one->apply(s, false).results.empty());
    }
}

BOOST_AUTO_TEST_CASE(without_a_list_it_works_from_its_own_record) {
    const auto s = source({"subscribe", "unsubscribe"});
    BOOST_TEST(states(gateway()->apply(s, false)) == "s1:active");
    BOOST_TEST(gateway()->apply(s, false).results.empty());
    s->block->json = R"({"url":"https://us/","events":["c"]})";
    BOOST_TEST(states(gateway()->apply(s, false)) == "s2:active");
    BOOST_TEST(provider->there.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_secret_is_kept_encrypted_used_at_once_and_never_shown) {
    const auto s = source(k_all);
    s->captured = {"secret"};
    provider->gives_secret = true;
    const auto called = gateway()->call(s, "do-subscribe", R"({"url":"https://us/","events":["a","b"]})");
    BOOST_TEST(called.end.ok());
    BOOST_TEST(called.end.body.find("secret of") == std::string::npos);
    BOOST_TEST(called.captured == std::vector<std::string>{"secret"}, boost::test_tools::per_element());
    BOOST_TEST(reopened == 1);
    const auto entries = store->state("subscriptions:bank");
    BOOST_REQUIRE(entries.ok());
    for (const auto& [key, value] : *entries) BOOST_TEST(value->find("secret of") == std::string::npos, key);
    BOOST_TEST(gateway()->apply(s, false).results.empty());

    vault->set_key(Secret("another key of some length"));
    BOOST_TEST(gateway()->apply(s, false).error.find("store.key is not the one") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_key_nothing_is_called_that_would_give_a_secret) {
    vault->set_key(Secret(""));
    BOOST_TEST(!vault->sealed("bank", {})); // a reload may take the key at any moment
    const auto s = source(k_all);
    s->captured = {"secret"};
    provider->gives_secret = true;
    BOOST_TEST(gateway()->apply(s, false).error.find("Set store.key") != std::string::npos);
    const auto called = gateway()->call(s, "do-subscribe", "{}");
    BOOST_TEST((called.end.kind == OperationEnd::Kind::no_key));
    BOOST_TEST(provider->there.empty());

    // A plugin that does not say that it gives one: used while the process lives, and told.
    s->captured.clear();
    const auto surprised = gateway()->call(s, "do-subscribe", R"({"url":"https://us/","events":["a","b"]})");
    BOOST_REQUIRE(surprised.notes.size() == 1u);
    BOOST_TEST(surprised.notes[0].find("lost when the gateway ends") != std::string::npos);
    BOOST_TEST(vault->read("bank")->front().value.reveal() == "secret of s1");
    // As soon as there is a key it is kept.
    vault->set_key(Secret("a key of more than sixteen characters"));
    s->block->json = R"({"url":"https://us/","events":["c"]})";
    BOOST_TEST(gateway()->apply(s, false).error == "");
    BOOST_TEST(!vault->holds("bank"));
    BOOST_TEST(!vault->read("bank")->empty());
}

BOOST_AUTO_TEST_CASE(old_secrets_are_accepted_for_the_overlap_and_newer_configured_ones_come_first) {
    plugin::Secrets secrets;
    secrets.add("secret", Secret("written before"));
    const auto before = vault->fingerprints(secrets, "secret");
    std::vector<plugin::Kept> kept;
    kept.push_back({"secret", Secret("second"), clock.now(), "s2", before});
    kept.push_back({"secret", Secret("first"), clock.now() - std::chrono::hours(1), "s1", before});
    const auto merged = [&](Millis later) {
        plugin::Secrets all;
        for (const char* value : {"written before", "written after"}) all.add("secret", Secret(value));
        std::optional<Time> next;
        vault->merge(kept, std::chrono::hours(2), clock.now() + later, all, next);
        std::string out;
        for (uint32_t i = 0; i < all.count("secret"); ++i) out += (i ? ", " : "") + std::string(all.value("secret", i)->reveal());
        return out + (next ? " until " + to_rfc3339(*next) : "");
    };
    BOOST_TEST(merged(Millis(0)) == "written after, second, first, written before until 2026-03-01T14:00:00.000Z");
    BOOST_TEST(merged(std::chrono::hours(2)) == "written after, second");
}

BOOST_AUTO_TEST_SUITE_END()
