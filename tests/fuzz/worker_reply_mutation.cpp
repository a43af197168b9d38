// The fuzzer's checks over good replies and a few hundred thousand deterministic mutations of them, so that they run with every ctest.
#include <boost/test/unit_test.hpp>

#include <random>

#include "worker_reply_check.hpp"

BOOST_AUTO_TEST_CASE(good_replies_make_sense_and_cut_ones_do_not) {
    for (const auto& seed : fuzz::reply_seeds()) {
        BOOST_TEST(!fuzz::find_reply_fault(seed));
        BOOST_TEST(fuzz::made_sense());
        BOOST_TEST(!fuzz::find_reply_fault(seed + "x"));
        BOOST_TEST(!fuzz::made_sense());
        for (size_t cut = 1; cut < seed.size(); ++cut) {
            BOOST_TEST(!fuzz::find_reply_fault(seed.substr(0, cut)));
            BOOST_TEST(!fuzz::made_sense());
        }
    }
}

BOOST_AUTO_TEST_CASE(no_mutated_reply_is_given_on_wrongly) {
    const auto seeds = fuzz::reply_seeds();
    std::mt19937_64 random(20260101);
    const auto at = [&](size_t size) { return size == 0 ? 0 : random() % size; };
    static const std::string k_numbers[] = {std::string(4, '\0'), std::string(4, '\xff'), std::string("\x01\0\0\0", 4),
                                            std::string("\xff\xff\0\0", 4), std::string("\0\0\0\x80", 4)};
    size_t sensible = 0;
    for (int i = 0; i < 300'000; ++i) {
        auto bytes = seeds[at(seeds.size())];
        for (auto n = 1 + random() % 3; n > 0; --n) {
            const size_t place = 1 + at(bytes.size() - 1);
            switch (random() % 5) {
                case 0:
                    bytes[place] = static_cast<char>(random());
                    break;
                case 1:
                    bytes.replace(place, std::min<size_t>(4, bytes.size() - place), k_numbers[at(std::size(k_numbers))]);
                    break;
                case 2:
                    bytes.erase(place, 1 + at(8));
                    break;
                case 3:
                    bytes.insert(place, seeds[at(seeds.size())].substr(1, at(40)));
                    break;
                default:
                    bytes[place] = static_cast<char>(bytes[place] ^ (1 << at(8)));
            }
            if (bytes.size() < 2) bytes += '\0';
        }
        const auto fault = fuzz::find_reply_fault(bytes);
        BOOST_REQUIRE_MESSAGE(!fault, *fault);
        sensible += fuzz::made_sense();
    }
    // Otherwise the mutations are too wild to test anything but refusals.
    BOOST_TEST(sensible > 20'000u);
}
