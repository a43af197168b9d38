// New accounts at the simulated providers: the server subscribes by itself, with nothing but the configuration that the sandbox suggests.
#include "tests/e2e/world.hpp"

using namespace gh;
using namespace gh::test;

BOOST_AUTO_TEST_CASE(fresh_accounts_are_subscribed_by_the_server_and_what_they_send_is_delivered) {
    const std::map<std::string, std::string> types = {
        {"axway", "snapshot"}, {"basiq", "user.created"}, {"ivvy", "CompanyAdded"}, {"twin-ledger", "ledger.entry.updated"}};
    std::map<std::string, std::string> settings;
    for (const auto& [provider, type] : types) settings[provider] = provider == "ivvy" ? std::string("{") + k_patient + "}" : "{}";
    World w(settings, {}, true);
    for (const auto& [provider, type] : types) BOOST_TEST_CONTEXT(provider) {
            // Basiq's documentation: up to 15 minutes may pass before messages flow.
            const std::string state = provider == "basiq" ? "\"cooling\"" : "\"active\"";
            const auto subscribed = [&] {
                return w.operate({"--json", "subscriptions", "--source", provider}).find("\"state\":" + state) != std::string::npos;
            };
            BOOST_REQUIRE_MESSAGE(eventually(subscribed), w.operate({"subscriptions"}) << w.gateway().log());
            const auto id = w.send(provider, type).at(0);
            BOOST_TEST(w.reaches(id, "delivered"), w.gateway().log());
            BOOST_TEST(w.document(id) != "null");
        }
    BOOST_TEST(w.operate({"subscriptions", "plan"}).find("would") == std::string::npos);
    // Secrets that the providers gave are in no log.
    BOOST_TEST(w.gateway().log().find("whsec_") == std::string::npos);
}
