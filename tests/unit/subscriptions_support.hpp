// A provider in memory behind the operations of a source, a store on disk, and the crash of a gateway at chosen points.
#pragma once

#include "core/subscriptions/reconciler.hpp"
#include "core/subscriptions/record.hpp"
#include "core/subscriptions/recovery.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace gh::test {

/// Thrown where the process would have died.
struct Crash {};

class SubscribingSource final : public plugin::Source {
public:
    explicit SubscribingSource(std::vector<std::string> kinds) {
        auto c = std::make_shared<config::Source>();
        c->name = "bank";
        c->plugin = "acme";
        c->path = "/hooks/bank";
        config_ = c;
        for (const auto& kind : kinds) operations_.push_back({"do-" + kind, "", "", kind});
    }
    std::optional<plugin::SubscriptionBlock> block;
    std::vector<std::string> captured;
    bool configured = false;
    void recover_automatically(bool on) { config_->recover_automatically = on; }

    const std::string& name() const override { return config_->name; }
    const std::string& plugin_name() const override { return config_->plugin; }
    const config::Source& config() const override { return *config_; }
    const std::vector<plugin::Route>& routes() const override { return routes_; }
    const std::vector<plugin::Operation>& operations() const override { return operations_; }
    const std::shared_ptr<const egress::Policy>& policy() const override { return policy_; }
    plugin::Verdict verify(const plugin::Route&, const http::Request&) const override { return plugin::Fault{"none"}; }
    plugin::Outcome handle(const plugin::Route&, const http::Request&, const plugin::Acceptance&) const override {
        return plugin::Fault{"none"};
    }
    bool fetches(std::string_view) const override { return false; }
    std::optional<std::variant<plugin::Job, plugin::Fault>> fetch_back(const store::Event&, int) const override { return std::nullopt; }
    std::variant<plugin::Job, plugin::Fault> operation(const std::string&, const std::string&) const override {
        return plugin::Fault{"none"};
    }
    void apply_state(const std::vector<store::StateChange>&) override {}
    const plugin::SubscriptionBlock* subscription() const override { return block ? &*block : nullptr; }
    std::vector<std::string> captured_settings() const override { return captured; }
    bool has_secret(const std::string&) const override { return configured; }
    std::vector<std::string> configured_fingerprints(const std::string&) const override {
        return configured ? std::vector<std::string>{"old"} : std::vector<std::string>();
    }

private:
    std::shared_ptr<config::Source> config_;
    std::vector<plugin::Operation> operations_;
    std::vector<plugin::Route> routes_;
    std::shared_ptr<const egress::Policy> policy_;
};

/// Answers operations as a provider would, which outlives the gateway.
class FakeProvider final : public subscriptions::Operations {
public:
    struct There {
        plugin::Json facts;
        std::string state = "active", secret;
        std::optional<Time> expires_at;
    };

    FakeProvider(store::Store& store, const Clock& clock)
        : Operations([](plugin::Job, Millis, std::function<void(plugin::JobEnd)>) {}, store), clock_(clock) {}

    std::map<std::string, There> there;
    std::vector<std::string> calls; ///< kinds, in order
    bool gives_secret = false;
    Millis life{0};                                              ///< of a new or renewed subscription; 0 = for ever
    std::map<std::string, subscriptions::OperationEnd> failures; ///< by kind: answered in place of doing anything
    std::string crash_before, crash_after; ///< kinds: the gateway dies before the call leaves, or before its answer is heard
    std::function<std::string(const plugin::Json& arguments)> recover;

    static subscriptions::OperationEnd failed(subscriptions::OperationEnd::Kind kind, std::string text) {
        subscriptions::OperationEnd end;
        end.kind = kind;
        end.text = std::move(text);
        return end;
    }
    std::string add(const std::string& facts) {
        const std::string id = "s" + std::to_string(++last_);
        there[id].facts = *plugin::Json::parse(facts);
        return id;
    }

    subscriptions::OperationEnd call(const std::shared_ptr<plugin::Source>& source, const std::string& name, const std::string& arguments,
                                     Millis) override {
        const std::string kind = subscriptions::find_operation(*source, name)->kind;
        if (crash_before == kind) throw Crash{};
        calls.push_back(kind);
        if (const auto failure = failures.find(kind); failure != failures.end()) return failure->second;
        subscriptions::OperationEnd end;
        end.kind = subscriptions::OperationEnd::Kind::done;
        end.body = carry_out(kind, *plugin::Json::parse(arguments));
        if (crash_after == kind) throw Crash{};
        return end;
    }

private:
    std::string carry_out(const std::string& kind, const plugin::Json& arguments) {
        const std::string id = subscriptions::text_of(arguments, "id");
        if (kind == "recover") return recover(arguments);
        if (kind == "list") {
            plugin::Json out;
            out.kind = plugin::Json::Kind::array;
            for (const auto& [one, what] : there) out.items.push_back(*plugin::Json::parse(record(one, false)));
            return out.write();
        }
        if (kind == "unsubscribe") return there.erase(id), "";
        if (kind == "subscribe") {
            const std::string made = add(arguments.write());
            there[made].secret = "secret of " + made;
            if (life > Millis(0)) there[made].expires_at = clock_.now() + life;
            return record(made, true);
        }
        There& changed = there.at(id);
        if (kind == "update") {
            changed.facts = arguments;
            std::erase_if(changed.facts.members, [](const auto& m) { return m.name == "id"; });
            changed.state = "active";
        }
        if (life > Millis(0)) changed.expires_at = clock_.now() + life;
        return record(id, true);
    }

    std::string record(const std::string& id, bool with_secret) {
        const There& t = there.at(id);
        std::string out = "{\"id\":\"" + id + "\",\"state\":\"" + t.state + "\",\"subscription\":" + t.facts.write();
        if (t.expires_at) out += ",\"expires_at\":\"" + to_rfc3339(*t.expires_at) + "\"";
        if (with_secret && gives_secret) out += ",\"secrets\":{\"secret\":\"" + t.secret + "\"}";
        return out + "}";
    }

    const Clock& clock_;
    int last_ = 0;
};

/// A gateway's store and a provider. What a crash leaves is met by a new Reconciler over the same store.
struct SubscriptionsFixture {
    SubscriptionsFixture() {
        store::Options options;
        options.path = (dir / "store.db").string();
        store = store::make_sqlite_store(options, clock, log, metrics);
        BOOST_REQUIRE(store->start().ok());
        vault = std::make_unique<plugin::Vault>(store.get());
        vault->set_key(Secret("a key of more than sixteen characters"));
        provider = std::make_unique<FakeProvider>(*store, clock);
    }
    ~SubscriptionsFixture() { store->stop(); }

    std::shared_ptr<SubscribingSource> source(std::vector<std::string> kinds,
                                              const std::string& block = R"({"url":"https://us/","events":["a","b"]})") {
        auto made = std::make_shared<SubscribingSource>(std::move(kinds));
        if (!block.empty()) made->block = plugin::SubscriptionBlock{block, {"url"}, {}, ""};
        return made;
    }
    std::unique_ptr<subscriptions::Reconciler> gateway() {
        return std::make_unique<subscriptions::Reconciler>(
            subscriptions::Reconciler::Parts{*provider, *store, *vault, clock, log, [this] { ++reopened; }}, "bank");
    }
    /// One life of a gateway: applies, and dies where it is told to.
    bool dies(const std::shared_ptr<SubscribingSource>& s) {
        try {
            gateway()->apply(s, false);
        } catch (const Crash&) {
            provider->crash_before.clear();
            provider->crash_after.clear();
            return true;
        }
        return false;
    }

    TempDir dir;
    ManualClock clock{*parse_rfc3339("2026-03-01T12:00:00Z")};
    Log log{Level::error, [](std::string_view line) { BOOST_TEST_MESSAGE(line); }};
    Metrics metrics;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<plugin::Vault> vault;
    std::unique_ptr<FakeProvider> provider;
    int reopened = 0;
};

} // namespace gh::test
