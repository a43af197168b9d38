// What a plugin enrolls for one source, copied and checked.
#pragma once

#include "core/egress/client.hpp"
#include "core/plugin/border.hpp"
#include "core/plugin/schema.hpp"
#include "core/plugin/settings.hpp"
#include "core/plugin/source.hpp"

#include <gatehouse/abi.h>

#include <optional>
#include <string>
#include <vector>

namespace gh::plugin {

struct EnrolledVerifier {
    std::string name;
    gatehouse_verify verify = nullptr;
    void* user = nullptr;
};

struct EnrolledRoute {
    std::string method, path, verifier_name;
    size_t max_body = 0;
    size_t verifier = 0; ///< index, set when everything is enrolled
    gatehouse_handle handle = nullptr;
    void* user = nullptr;
};

struct EnrolledFetchBack {
    std::string pattern;
    gatehouse_fetch_begin begin = nullptr;
    void* user = nullptr;
    bool matches(std::string_view type) const;
};

struct EnrolledOperation {
    Operation shown;
    std::optional<Schema> schema; ///< none: takes no arguments
    gatehouse_operation_begin begin = nullptr;
    void* user = nullptr;
};

/// An egress entry as the plugin gave it.
struct EnrolledEgress {
    uint32_t port = 0;
    std::string setting, host, path_prefix;
};

struct Enrolled {
    std::vector<EnrolledVerifier> verifiers;
    std::vector<EnrolledRoute> routes;
    std::vector<EnrolledFetchBack> fetch_backs;
    std::vector<EnrolledOperation> operations;
    std::vector<egress::Rule> egress;
    std::vector<EnrolledEgress> egress_given;
};

/// The call of enroll() and the registry given to it. Rules, each named in the reason when broken: a route names an enrolled verifier; no
/// two routes with one method and path, no two verifiers, operations or fetch-backs with one name; methods and paths are well formed; an
/// egress entry has either a setting that holds a URL or a host.
class EnrollFrame : public Frame {
public:
    EnrollFrame(const CrashMark&, const Schema&, const PreparedSettings&);
    const gatehouse_registry* registry() const { return &registry_; }
    /// After enroll() returned: the rules that need the whole picture. The reason when one is broken, else empty.
    std::string complete();
    Enrolled take() { return std::move(enrolled_); }

private:
    gatehouse_status add(const gatehouse_verifier*);
    gatehouse_status add(const gatehouse_route*);
    gatehouse_status add(const gatehouse_fetch_back*);
    gatehouse_status add(const gatehouse_operation*);
    gatehouse_status add(const gatehouse_egress*);
    gatehouse_status add_setting_egress(const gatehouse_egress&);
    template <class T>
    gatehouse_status known(const char* what, const T* given, T& out);
    template <class T>
    static gatehouse_status enroll(void* context, const T* given);

    const Schema& schema_;
    const PreparedSettings& settings_;
    Enrolled enrolled_;
    gatehouse_registry registry_;
};

} // namespace gh::plugin
