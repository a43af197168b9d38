// verify --certificates and --explain: signing keys out of a folder, and what a verifier shows of its working.
#include "core/cli/offline.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A plugin's first accepted sample, asked of the command line without the signing keys that the sample's settings bring.
struct Sampled {
    Sampled(const std::string& name, const std::string& file, const std::string& sample_name) {
        cli::Offline offline(Time{});
        const auto samples = offline.host().samples(file);
        BOOST_REQUIRE(samples.ok());
        const auto wanted = std::find_if(samples->begin(), samples->end(), [&](const auto& s) { return s.name == sample_name; });
        BOOST_REQUIRE_MESSAGE(wanted != samples->end(), name + " has no sample " + sample_name);
        at = to_rfc3339(wanted->at);
        auto settings = nlohmann::json::parse(wanted->settings_json);
        std::filesystem::create_directories(dir / "plugins");
        std::filesystem::create_directories(dir / "keys");
        for (const auto& c : settings["signing_certificates"]) keep(c["name"], c["pem"]);
        for (const auto& k : settings.value("signing_keys", nlohmann::json::array())) {
            const std::string path = k["path"];
            keep(path.substr(path.rfind('/') + 1), k["pem"]);
        }
        settings.erase("signing_certificates");
        settings.erase("signing_keys");
        std::filesystem::copy_file(file, dir / "plugins" / (name + ".so"));
        std::ofstream(dir / "gatehouse.yaml")
            << "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: a.db}\nplugins: {directory: plugins}\n"
            << "sources:\n  one:\n    plugin: " << name << "\n    path: /sample\n    settings: " << settings.dump() << "\n";
        std::ofstream(dir / "request", std::ios::binary) << wanted->request;
        call.environment = {{"GATEHOUSE_CONFIG", (dir / "gatehouse.yaml").string()}};
    }
    void keep(const std::string& file, const std::string& pem) {
        std::ofstream(dir / "keys" / file, std::ios::binary) << pem;
        ++keys;
    }
    Called verify(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"verify", "--source", "one", "--at", at, (dir / "request").string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }
    std::string folder() const { return (dir / "keys").string(); }

    TempDir dir;
    Caller call;
    std::string at;
    int keys = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(cli_keys)

BOOST_AUTO_TEST_CASE(keys_from_a_folder_decide_what_was_undecided) {
    const std::vector<std::array<std::string, 3>> plugins = {{"sns", GATEHOUSE_SNS, "version 1, with a subject"},
                                                             {"ivvy", GATEHOUSE_IVVY, "company added"},
                                                             {"wicket", GATEHOUSE_WICKET, "enveloped"}};
    for (const auto& [name, file, sample] : plugins) {
        BOOST_TEST_CONTEXT(name) {
            Sampled s(name, file, sample);
            BOOST_TEST(s.keys > 0);
            const Called without = s.verify();
            BOOST_TEST(without.code == 1);
            BOOST_TEST(has(without.out, "--certificates DIR"), without.out);
            const Called with = s.verify({"--certificates", s.folder()});
            BOOST_TEST(with.code == 0, with.out << with.err);
            BOOST_TEST(has(with.out, "accepted"), with.out);
            BOOST_TEST(with.err == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_in_the_folder_is_named) {
    Sampled s("sns", GATEHOUSE_SNS, "version 1, with a subject");
    for (const auto& file : std::filesystem::directory_iterator(s.folder())) std::filesystem::remove(file);
    const Called called = s.verify({"--certificates", s.folder()});
    BOOST_TEST(called.code == 1);
    BOOST_TEST(has(called.out, "undecided"), called.out);
    BOOST_TEST(has(called.out, "status 404"), called.out);
    BOOST_TEST(has(called.err, "there is no file " + s.folder() + "/SimpleNotificationService-"), called.err);
    BOOST_TEST(has(called.err, "https://sns."), called.err);
}

BOOST_AUTO_TEST_CASE(another_key_under_the_name_refuses_the_message) {
    Sampled s("sns", GATEHOUSE_SNS, "version 1, with a subject");
    for (const auto& file : std::filesystem::directory_iterator(s.folder())) std::ofstream(file.path()) << "no certificate";
    const Called called = s.verify({"--certificates", s.folder()});
    BOOST_TEST(called.code == 1);
    BOOST_TEST(!has(called.out, "accepted"), called.out);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_none_is_a_mistake_in_the_call) {
    Sampled s("sns", GATEHOUSE_SNS, "version 1, with a subject");
    const Called called = s.verify({"--certificates", "/nonexistent"});
    BOOST_TEST(called.code == 2);
    BOOST_TEST(has(called.err, "--certificates /nonexistent: not a folder"), called.err);
}

BOOST_AUTO_TEST_CASE(explain_shows_the_working_and_only_when_asked) {
    Sampled s("sns", GATEHOUSE_SNS, "version 1, with a subject");
    const Called quiet = s.verify({"--certificates", s.folder()});
    BOOST_TEST(!has(quiet.out, "text that is signed"), quiet.out);
    const Called loud = s.verify({"--certificates", s.folder(), "--explain"});
    BOOST_TEST(loud.code == 0);
    BOOST_TEST(has(loud.out, "text that is signed:\n    Message\n"), loud.out);
    BOOST_TEST(has(loud.out, "\n\naccepted\n"), loud.out);
    const Called json = s.verify({"--certificates", s.folder(), "--explain", "--json"});
    const auto parsed = nlohmann::json::parse(json.out);
    BOOST_TEST(parsed["result"] == "accepted");
    BOOST_TEST(parsed["explained"].at(0)["title"] == "text that is signed");
    BOOST_TEST(has(parsed["explained"].at(0)["detail"].get<std::string>(), "\nMessageId\n"));
}

BOOST_AUTO_TEST_CASE(explain_shows_the_signed_text_once_whatever_a_message_is_refused_for) {
    Sampled s("sns", GATEHOUSE_SNS, "version 1, with a subject");
    std::string request;
    {
        std::ifstream in(s.dir / "request", std::ios::binary);
        request.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (const auto& [from, to, code] :
         {std::array<std::string, 3>{"\"SignatureVersion\" : \"1\"", "\"SignatureVersion\" : \"3\"", "signature_version_unknown"},
          {"https://sns.", "https://s3.", "certificate_url_refused"},
          {"", "", "accepted"}}) {
        std::string changed = request;
        const size_t at = from.empty() ? 0 : changed.find(from);
        BOOST_REQUIRE(at != std::string::npos);
        changed.replace(at, from.size(), to);
        std::ofstream(s.dir / "request", std::ios::binary) << changed;
        const Called called = s.verify({"--certificates", s.folder(), "--explain"});
        BOOST_TEST(has(called.out, code), called.out);
        const size_t shown = called.out.find("text that is signed:\n    Message\n");
        BOOST_TEST(shown != std::string::npos, called.out);
        BOOST_TEST(called.out.find("text that is signed", shown + 1) == std::string::npos, called.out);
    }
}

BOOST_AUTO_TEST_SUITE_END()
