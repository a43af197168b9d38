// A source that a plugin has opened: calls into the plugin, with every rule of the border enforced.
#pragma once

#include "core/plugin/enrolled.hpp"
#include "core/plugin/library.hpp"
#include "core/plugin/services.hpp"
#include "core/plugin/source.hpp"
#include "core/plugin/vault.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace gh::plugin {

/// What a source is opened with. The references outlive it.
struct OpenContext {
    std::shared_ptr<const Library> library;
    std::shared_ptr<const config::Source> config;
    std::shared_ptr<SourceState> state;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    const Vault& vault;
    Explain explain = {}; ///< offline verification only
};

class OpenSource final : public Source, public std::enable_shared_from_this<OpenSource> {
public:
    /// Checks the settings, then open_source and enroll. The error is what the operator should read. [control]
    static Result<std::unique_ptr<OpenSource>> open(const OpenContext&);
    /// close_source, once. [control]
    ~OpenSource() override;

    const std::string& name() const override { return config_->name; }
    const std::string& plugin_name() const override { return library_->descriptor().name; }
    const config::Source& config() const override { return *config_; }
    const std::vector<Route>& routes() const override { return routes_; }
    const std::vector<Operation>& operations() const override { return operations_; }
    const std::shared_ptr<const egress::Policy>& policy() const override { return policy_; }

    Verdict verify(const Route&, const http::Request&) const override;
    Outcome handle(const Route&, const http::Request&, const Acceptance&) const override;
    bool fetches(std::string_view type) const override;
    std::optional<std::variant<Job, Fault>> fetch_back(const store::Event&, int attempt) const override;
    std::variant<Job, Fault> operation(const std::string& name, const std::string& arguments_json) const override;
    Result<std::string> check_arguments(const std::string& name, const std::string& arguments_json) const override;
    const SubscriptionBlock* subscription() const override { return block_ ? &*block_ : nullptr; }
    std::vector<std::string> captured_settings() const override;
    bool has_secret(const std::string& setting) const override { return services_.secrets().count(setting) > 0; }
    std::vector<std::string> configured_fingerprints(const std::string& setting) const override;
    std::optional<Time> secrets_change_at() const override { return secrets_.change_at; }
    void apply_state(const std::vector<store::StateChange>& changes) override { services_.state()->apply(changes); }

    std::vector<Received> receive(std::span<const Arrival>, Time now) const override;
    bool isolated() const override { return library_->isolated(); }
    std::optional<WorkerStatus> worker() const override;

    const Services& services() const { return services_; }
    const CrashMark& mark() const { return library_->mark(); }
    const Enrolled& enrolled() const { return enrolled_; }
    /// Runs it on the source's own thread, if it has one: then true. Any thread; the task must hold the source.
    bool run_apart(std::function<void()> task) const;

    // The calls below the ones of Source, as a worker process makes them.

    /// Why a source did not open: the plugin does not accept the settings, or it broke a rule in open_source or in enroll.
    struct NotOpened {
        enum class Why : uint8_t { settings, opening, enrolling } why;
        std::string reason;
    };
    /// Settings that were checked elsewhere; no subscription block.
    static std::variant<std::unique_ptr<OpenSource>, NotOpened> open_prepared(const OpenContext&, PreparedSettings, Services::Relay);
    Verdict verify_at(size_t verifier, const gatehouse_request&) const;
    Outcome handle_at(size_t route, const gatehouse_request&, const Acceptance&) const;
    std::variant<Job, Fault> fetch_back_at(size_t fetch_back, const gatehouse_stored_event&) const;
    std::variant<Job, Fault> operation_at(size_t operation, std::string_view arguments) const;

private:
    /// What is known of the secrets beside their values.
    struct SecretFacts {
        std::map<std::string, std::vector<std::string>> configured; ///< fingerprints by setting, of the captured ones only
        std::optional<Time> change_at;
    };
    OpenSource(const OpenContext&, PreparedSettings, SecretFacts, Services::Relay);
    void prepare_block();
    std::optional<NotOpened> start();
    std::optional<NotOpened> enroll();
    std::string_view below(std::string_view path) const;
    const EnrolledOperation* find_operation(const std::string& name) const;
    template <class Call>
    Verdict verified(Call) const;
    template <class Call>
    Outcome handled(const Acceptance&, Call) const;
    /// A fault to be counted; or, where the plugin's process is away, one that was counted already.
    Fault failed(const char* function, const Frame&, gatehouse_status, std::string_view duty) const;
    std::variant<Job, Fault> begun(const char* function, const Frame&, gatehouse_status, const gatehouse_job&) const;

    std::shared_ptr<const Library> library_;
    std::shared_ptr<const config::Source> config_;
    PreparedSettings settings_;
    Services services_;
    void* source_ = nullptr;
    bool opened_ = false;
    Enrolled enrolled_;
    std::vector<Route> routes_;
    std::vector<Operation> operations_;
    std::shared_ptr<const egress::Policy> policy_;
    SecretFacts secrets_;
    std::optional<SubscriptionBlock> block_;
};

} // namespace gh::plugin
