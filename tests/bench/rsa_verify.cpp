// What verifying costs at the plugin's border, in ns: an SNS message (RSA-2048, certificate cached), a Standard Webhooks message
// (HMAC-SHA256) and the bare RSA operation. rsa_verify SNS_PLUGIN HMAC_PLUGIN [SECONDS]; HMAC_PLUGIN: one that takes Standard Webhooks, as
// basiq.so.
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

double ns_per_call(double seconds, const std::function<void()>& call) {
    using clock = std::chrono::steady_clock;
    for (int i = 0; i < 100; ++i) call();
    size_t calls = 0;
    const auto begin = clock::now();
    double spent = 0;
    while (spent < seconds) {
        for (int i = 0; i < 200; ++i) call();
        calls += 200;
        spent = std::chrono::duration<double>(clock::now() - begin).count();
    }
    return spent * 1e9 / static_cast<double>(calls);
}

double sns(const fake::Plugin& plugin, double seconds, const std::string& version, size_t threads) {
    fake::Source source(plugin, nlohmann::json{{"topic_arns", {k_topic}}}.dump());
    source.host.now = k_now;
    const auto request = Message::notification(std::string(600, 'x'), "order.paid").sign(signer(), version).request();
    auto first = request;
    if (outcome(verify_with(source, first, signer().certificate())) != "accept") throw std::runtime_error("not accepted");
    std::vector<std::thread> running;
    std::vector<double> ns(threads);
    for (size_t t = 0; t < threads; ++t)
        running.emplace_back([&, t] {
            auto mine = request;
            ns[t] = ns_per_call(seconds, [&] {
                if (source.verify(mine).kind != "accept") std::abort();
            });
        });
    for (auto& r : running) r.join();
    double rate = 0;
    for (double n : ns) rate += 1e9 / n;
    return 1e9 / rate;
}

double hmac(const fake::Plugin& plugin, double seconds) {
    fake::Source source(plugin, R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})");
    source.host.now = 1614265330000;
    fake::Request r;
    r.body = R"({"test": 2432232314, "padding": ")" + std::string(1400, 'x') + "\"}";
    const std::string key = *gh::from_base64_lenient("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), content = "msg_1.1614265330." + r.body;
    uint8_t digest[64];
    const std::string_view parts[] = {content};
    const size_t size = gh::hmac(gh::HashAlgorithm::sha256, key, parts, digest);
    r.set("webhook-id", "msg_1").set("webhook-timestamp", "1614265330");
    r.set("webhook-signature", "v1," + gh::to_base64({reinterpret_cast<const char*>(digest), size}));
    return ns_per_call(seconds, [&] {
        if (source.verify(r).kind != "accept") std::abort();
    });
}

double primitive(double seconds) {
    const std::string text(1000, 'x'), signature = *gh::from_base64_lenient(signer().sign(text, false));
    unsigned char hash[20];
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), hash, &size, EVP_sha1(), nullptr);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> ctx(EVP_PKEY_CTX_new(signer().key(), nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY_verify_init(ctx.get());
    EVP_PKEY_CTX_set_signature_md(ctx.get(), EVP_sha1());
    return ns_per_call(seconds, [&] {
        if (EVP_PKEY_verify(ctx.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(), hash, size) != 1)
            std::abort();
    });
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::fprintf(stderr, "usage: rsa_verify SNS_PLUGIN HMAC_PLUGIN [SECONDS]\n"), 2;
    const double seconds = argc > 3 ? std::atof(argv[3]) : 1;
    const fake::Plugin sns_plugin{std::string(argv[1])}, hmac_plugin{std::string(argv[2])};
    std::printf("RSA-2048 operation alone        %8.0f ns\n", primitive(seconds));
    std::printf("SNS message, version 1          %8.0f ns\n", sns(sns_plugin, seconds, "1", 1));
    std::printf("SNS message, version 2          %8.0f ns\n", sns(sns_plugin, seconds, "2", 1));
    std::printf("SNS message, 2 threads          %8.0f ns\n", sns(sns_plugin, seconds, "1", 2));
    std::printf("Standard Webhooks message, HMAC %8.0f ns\n", hmac(hmac_plugin, seconds));
}
