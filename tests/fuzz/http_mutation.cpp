// The fuzzer's checks over the seed corpus and a hundred thousand deterministic mutations of it, so that they run with every ctest.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "http_reader_check.hpp"

namespace {

std::vector<std::string> corpus() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(HTTP_CORPUS)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return seeds;
}

std::string mutate(std::string text, const std::vector<std::string>& seeds, std::mt19937_64& random) {
    static const std::string k_pieces[] = {"\r\n",
                                           "\n",
                                           "\r",
                                           ":",
                                           " ",
                                           "\t",
                                           std::string(1, '\0'),
                                           "0",
                                           "\r\n\r\n",
                                           "Content-Length: 5\r\n",
                                           "Transfer-Encoding: chunked\r\n",
                                           "Host: x\r\n",
                                           ";",
                                           ",",
                                           "ffffffffffffffff",
                                           "HTTP/1.1",
                                           "\xff"};
    const auto at = [&](size_t size) { return size == 0 ? 0 : random() % size; };
    for (auto n = 1 + random() % 4; n > 0; --n) {
        const size_t i = at(text.size());
        switch (random() % 6) {
            case 0:
                text.insert(i, k_pieces[at(std::size(k_pieces))]);
                break;
            case 1:
                text.erase(i, 1 + at(8));
                break;
            case 2:
                if (!text.empty()) text[i] = static_cast<char>(random());
                break;
            case 3:
                text.insert(i, text.substr(at(text.size()), at(60)));
                break;
            case 4:
                text.resize(i);
                break;
            default:
                text += seeds[at(seeds.size())];
                break;
        }
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(seeds_hold_requests_and_refusals) {
    const auto seeds = corpus();
    BOOST_REQUIRE(seeds.size() >= 8u);
    size_t accepted = 0, refused = 0;
    for (const auto& seed : seeds) {
        const auto outcome = fuzz::read_all(seed, 0);
        accepted += outcome.requests.size();
        refused += outcome.refusal.has_value();
    }
    BOOST_TEST(accepted >= 6u);
    BOOST_TEST(refused >= 3u);
}

BOOST_AUTO_TEST_CASE(no_mutation_finds_a_fault) {
    const auto seeds = corpus();
    std::mt19937_64 random(20260101);
    size_t accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto bytes = mutate(seeds[random() % seeds.size()], seeds, random);
        const auto fault = fuzz::find_fault(bytes);
        BOOST_REQUIRE_MESSAGE(!fault, *fault << " in " << bytes);
        accepted += fuzz::read_all(bytes, 0).requests.size();
    }
    // Otherwise the mutations are too wild to test anything but refusals.
    BOOST_TEST(accepted > 10'000u);
}
