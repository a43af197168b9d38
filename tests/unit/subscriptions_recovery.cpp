// Recovery against a provider's records: nothing twice, cut off and gone on, outages noticed.
#include <future>

#include "tests/support/child.hpp"
#include "tests/unit/subscriptions_support.hpp"

using namespace gh;
using namespace gh::subscriptions;
using namespace gh::test;

namespace {

std::string found(int n) {
    const auto number = std::to_string(n);
    return R"({"dedupe_key":"m)" + number + R"(","type":"user.created","subject":"u)" + number + R"(","body":"{\"id\":\"event-)" + number +
           R"(\"}","in_body":"event-)" + number + "\"}";
}

struct RecoveryFixture : SubscriptionsFixture {
    RecoveryFixture() {
        // Three pages of two events, and something lost on the last one.
        provider->recover = [this](const plugin::Json& arguments) {
            const auto* cursor = arguments.member("cursor");
            asked.push_back(cursor->text);
            since = text_of(arguments, "since");
            const int page = cursor->text.empty() ? 0 : std::stoi(cursor->text);
            std::string out = R"({"events":[)" + found(2 * page) + "," + found(2 * page + 1) + "],\"unrecoverable\":[";
            if (page == 2) out += R"({"what":"m9","reason":"too old"})";
            out += "]";
            if (page < 2) out += ",\"cursor\":\"" + std::to_string(page + 1) + "\"";
            return out + "}";
        };
    }
    std::unique_ptr<Recoveries> recoveries(std::shared_ptr<SubscribingSource> s) {
        return std::make_unique<Recoveries>(Recoveries::Parts{
            *provider, *store, clock, log, metrics, [s](const std::string&, std::string&) -> std::shared_ptr<plugin::Source> { return s; },
            [] { return std::vector<std::string>{"bank"}; }});
    }
    RecoveryView ended(Recoveries& all, Uuid id) {
        BOOST_REQUIRE(eventually([&] { return all.show(id)->finished_at.has_value(); }));
        return *all.show(id);
    }
    RecoveryView run(bool dry = false, std::optional<Time> from = std::nullopt) {
        auto all = recoveries(source({"recover"}));
        const auto begun = all->begin({"bank", from, std::nullopt, dry});
        BOOST_REQUIRE_MESSAGE(begun.ok(), (begun.ok() ? "" : begun.error().message));
        return ended(*all, begun->id);
    }
    store::Appended::Outcome receive(const std::string& key, const std::string& body) {
        store::NewEvent e;
        e.id = Uuid::v7(clock.now());
        e.source = "bank";
        e.plugin = "acme";
        e.type = "user.created";
        e.dedupe_key = key;
        e.received_at = clock.now();
        e.request.body = body;
        std::promise<store::Appended> done;
        BOOST_REQUIRE(store->append({e}, [&](auto all) { done.set_value(all.front()); }));
        return done.get_future().get().outcome;
    }
    size_t stored() { return store->events({})->items.size(); }

    std::vector<std::string> asked;
    std::string since;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(subscriptions_recovery, RecoveryFixture)

BOOST_AUTO_TEST_CASE(what_is_missing_is_stored_once) {
    receive("m1", "{\"id\":\"event-1\"}");
    receive("another key", "{\"id\":\"event-4\"}"); // the same event as the provider's m4, under the key it was sent with
    const auto dry = run(true);
    BOOST_TEST(dry.status == "done");
    BOOST_TEST(dry.stored == 4u);
    BOOST_TEST(stored() == 2u);
    const auto first = run();
    BOOST_TEST(first.pages == 3u);
    BOOST_TEST(first.found == 6u);
    BOOST_TEST(first.stored == 4u);
    BOOST_TEST(first.known == 2u);
    BOOST_REQUIRE(first.lost.size() == 1u);
    BOOST_TEST(first.lost[0].reason == "too old");
    const auto second = run();
    BOOST_TEST(second.stored == 0u);
    BOOST_TEST(second.known == 6u);
    BOOST_TEST(stored() == 6u);
    const auto all = store->events({});
    BOOST_REQUIRE(all->items.size() == 6u);
    for (const auto& e : all->items) BOOST_TEST(e.duplicates == 0);
}

BOOST_AUTO_TEST_CASE(the_senders_own_late_try_is_a_duplicate_whatever_its_bytes) {
    run();
    BOOST_TEST((receive("m0", "{ \"id\" : \"event-0\" }") == store::Appended::Outcome::duplicate));
    BOOST_TEST(stored() == 6u);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_cut_off_goes_on_from_its_page) {
    auto all = recoveries(source({"recover"}));
    const auto from = clock.now() - std::chrono::hours(3);
    const auto normal = provider->recover;
    provider->recover = [&](const plugin::Json& arguments) {
        if (arguments.member("cursor")->text == "1")
            provider->failures["recover"] = FakeProvider::failed(OperationEnd::Kind::retry, "busy");
        return normal(arguments);
    };
    const auto begun = all->begin({"bank", from, std::nullopt, false});
    BOOST_REQUIRE(begun.ok());
    BOOST_REQUIRE(eventually([&] { return all->show(begun->id)->status == "waiting"; }));
    BOOST_TEST(all->show(begun->id)->error == "busy");
    BOOST_TEST(!all->begin({"bank", std::nullopt, std::nullopt, false}).ok());
    all.reset(); // the gateway ends
    provider->failures.clear();
    provider->recover = normal;
    asked.clear();
    const auto rest = run();
    BOOST_TEST(rest.resumed);
    BOOST_TEST((rest.since == from));
    BOOST_TEST(asked == std::vector<std::string>{"2"}, boost::test_tools::per_element());
    BOOST_TEST(stored() == 6u);
}

BOOST_AUTO_TEST_CASE(an_outage_is_noticed_and_recovered_by_itself_when_wanted) {
    const auto s = source({"recover"});
    {
        auto all = recoveries(s);
        all->start();
    }
    const Time down = clock.now();
    clock.advance(std::chrono::minutes(10));
    {
        auto all = recoveries(s);
        all->start(); // offers only
        BOOST_TEST(all->list().empty());
    }
    clock.advance(std::chrono::minutes(10));
    s->recover_automatically(true);
    auto all = recoveries(s);
    all->start();
    BOOST_REQUIRE(all->list().size() == 1u);
    const auto view = ended(*all, all->list().front().id);
    BOOST_TEST(view.status == "done");
    // Since the first outage, which nobody had recovered.
    BOOST_TEST((view.since == down - std::chrono::minutes(1)));
    BOOST_TEST(stored() == 6u);
}

BOOST_AUTO_TEST_CASE(pages_that_make_no_sense_end_the_run_with_a_reason) {
    provider->recover = [](const plugin::Json&) { return std::string("[]"); };
    BOOST_TEST(run().error.find("no JSON object") != std::string::npos);
    provider->recover = [](const plugin::Json&) { return std::string(R"({"events":[],"cursor":"same"})"); };
    BOOST_TEST(run().error.find("does not move on") != std::string::npos);
    provider->recover = [](const plugin::Json&) { return std::string(R"({"events":[{"type":"x"}]})"); };
    const auto view = run(false, clock.now() - std::chrono::hours(1));
    BOOST_TEST(view.lost_count == 1u);
    BOOST_TEST(view.lost.at(0).reason.find("no dedupe key") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
