// Wicket against the real server: raw messages that nothing signs, their envelopes, the user's data read back.
#include "tests/e2e/world.hpp"

using namespace gh;
using namespace gh::test;

namespace {

std::string settings(const std::string& more = "") {
    return std::string("{") + k_patient + (more.empty() ? "" : "," + more) + "}";
}

json::Value user(World& w, size_t index = 0) {
    const auto state = w.command("wicket", "state");
    return w.read(std::string(state.find("users")->items.at(index).raw));
}

/// Long enough for everything that is sent at once.
void coalesce(std::string& yaml, const std::string& time) {
    replace(yaml, "\"coalesce\":\"1s\"", "\"coalesce\":\"" + time + "\"");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_raw_message_comes_through_challenge_and_handshake_and_is_read_back) {
    World w({{"wicket", settings()}}, [](std::string& yaml) { coalesce(yaml, "100ms"); });
    const std::string sub(user(w).text_of("application_user_sub"));
    const auto id = w.send("wicket", "data_update", "\"user\":\"" + sub + "\"").at(0);
    BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
    const auto e = w.event(id);
    BOOST_TEST(e.text_of("type") == "data_update");
    BOOST_TEST(e.text_of("subject") == sub);
    BOOST_TEST(w.document(id).find("\"user_data\"") != std::string::npos);
    BOOST_TEST(w.refused("wicket", "credentials_missing") >= 2);
}

BOOST_AUTO_TEST_CASE(enveloped_delivery_is_verified_by_its_signature) {
    World w({{"wicket", settings(R"("delivery":"enveloped")")}}, [](std::string& yaml) { coalesce(yaml, "100ms"); });
    const auto id = w.send("wicket", "data_update").at(0);
    BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
    w.check_tampers("wicket", "data_update");
}

BOOST_AUTO_TEST_CASE(each_spoiled_raw_message_is_refused_with_its_own_reason) {
    World w({{"wicket", settings()}}, [](std::string& yaml) { coalesce(yaml, "100ms"); });
    w.check_tampers("wicket", "data_update");
}

BOOST_AUTO_TEST_CASE(many_changes_of_one_user_cost_one_read_and_the_newest_state_wins) {
    World w({{"wicket", settings()}}, [](std::string& yaml) { coalesce(yaml, "3s"); });
    w.settle("wicket", "data_update");
    const std::string sub(user(w, 2).text_of("application_user_sub")), other(user(w, 1).text_of("application_user_sub"));
    const int64_t before = user(w, 2).integer_of("reads"), reads = w.command("wicket", "state").integer_of("reads");
    const auto ids = w.send("wicket", "data_update", "\"count\":25,\"user\":\"" + sub + "\"");
    const auto alone = w.send("wicket", "data_update", "\"user\":\"" + other + "\"").at(0);
    BOOST_REQUIRE(ids.size() == 25u);
    for (const auto& id : ids) BOOST_REQUIRE(w.reaches(id, "delivered"));
    BOOST_REQUIRE(w.reaches(alone, "delivered"));
    const auto after = user(w, 2);
    BOOST_TEST(after.integer_of("reads") == before + 1);
    BOOST_TEST(w.command("wicket", "state").integer_of("reads") == reads + 2);
    const std::string newest = "\"revision\":\"" + std::to_string(after.integer_of("revision")) + "\"";
    for (const auto& id : ids) BOOST_TEST(w.document(id).find(newest) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_user_that_is_gone_is_an_answer_and_a_refused_key_keeps_the_event) {
    World w({{"wicket", settings()}}, [](std::string& yaml) { coalesce(yaml, "50ms"); });
    w.settle("wicket", "data_update");
    const std::string sub(user(w, 1).text_of("application_user_sub")), other(user(w, 2).text_of("application_user_sub"));
    w.command("wicket", "delete-user", "{\"user\":\"" + sub + "\"}");
    const auto gone = w.send("wicket", "data_update", "\"user\":\"" + sub + "\"").at(0);
    BOOST_TEST(w.reaches(gone, "delivered"));
    w.command("wicket", "faults", R"({"mode":"status","status":403,"path":"/b2b","body":"{\"message\":\"Forbidden\"}"})");
    const auto kept = w.send("wicket", "data_update", "\"user\":\"" + other + "\"").at(0);
    BOOST_TEST(w.reaches(kept, "fetching"));
    BOOST_TEST(eventually([&] { return std::string(w.event(kept).text_of("reason")).find("check api_key") != std::string::npos; }));
}
