// What a verify call through the plugin border costs: with a verifier that looks at nothing, and with HMAC-SHA256 over a body of 300 bytes.
// Compare the figures of one run; ends with 1 when the border alone costs a microsecond or more in the best of five rounds.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <cstdio>

#include "tests/abi/fixture.hpp"

using namespace gh;

namespace {

constexpr int k_rounds = 5;

template <class F>
double nanoseconds(F call) {
    constexpr int warm = 20'000, calls = 500'000;
    for (int i = 0; i < warm; ++i) call();
    const auto began = Steady::now();
    for (int i = 0; i < calls; ++i) call();
    return std::chrono::duration<double, std::nano>(Steady::now() - began).count() / calls;
}

/// A request as a provider sends it: ten fields and a small JSON body.
http::Request typical() {
    http::Request request;
    request.method = "POST";
    request.path = request.target = "/hooks/one";
    request.body = std::string(300, 'x');
    for (const auto* name :
         {"Host", "User-Agent", "Content-Type", "Content-Length", "Accept", "webhook-id", "webhook-timestamp", "traceparent"})
        request.fields.push_back({name, "a value of usual length"});
    return request;
}

} // namespace

int main() {
    test::Fixture fixture;
    fixture.install("tiny");
    const auto tiny = fixture.open("tiny", "{}").source;
    const auto script = fixture.open_script(R"({"secret":"a secret of usual length, 32 b"})");
    if (!tiny || !script) return 1;

    const auto plain = typical();
    auto hmac_request = typical();
    const std::string_view parts[] = {hmac_request.body};
    uint8_t digest[64];
    hmac(HashAlgorithm::sha256, "a secret of usual length, 32 b", parts, digest);
    hmac_request.fields.push_back({"x-verify", "hmac"});
    hmac_request.fields.push_back({"x-signature", to_hex({reinterpret_cast<const char*>(digest), 32})});

    uint64_t accepted = 0;
    double trivial = 1e9;
    for (int round = 0; round < k_rounds; ++round)
        trivial = std::min(
            trivial, nanoseconds([&] { accepted += std::holds_alternative<plugin::Acceptance>(tiny->verify(tiny->routes()[0], plain)); }));
    const double with_hmac =
        nanoseconds([&] { accepted += std::holds_alternative<plugin::Acceptance>(script->verify(script->routes()[0], hmac_request)); });
    const double hash = nanoseconds([&] { hmac(HashAlgorithm::sha256, "a secret of usual length, 32 b", parts, digest); });
    std::printf("verify, verifier does nothing:                 %7.0f ns\n", trivial);
    std::printf("verify, HMAC-SHA256 over 300 bytes:            %7.0f ns\n", with_hmac);
    std::printf("for comparison, EVP_MAC keyed for each message: %6.0f ns\n", hash);
    return accepted == (k_rounds + 1) * 520'000 && trivial < 1000 ? 0 : 1;
}
