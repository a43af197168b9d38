// How a verifier shows its working. Only `gatehouse verify --explain` has this interface; a serving host has not, so that nothing of a
// message's content reaches a log.
#pragma once

#include <gatehouse/host.hpp>

extern "C" {
/// Interface id of get_interface. say: [worker], only inside verify; title: what it is, a few words; detail: the bytes, for a person.
struct gatehouse_explain {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    void* context;
    void (*say)(void* context, gatehouse_text title, gatehouse_bytes detail);
};
}
#define GATEHOUSE_EXPLAIN_ID "gatehouse.explain/1"

namespace gatehouse {

/// Copyable; does nothing where the host does not listen.
class explainer {
public:
    explicit explainer(const host& h)
        : e_(static_cast<const gatehouse_explain*>(h.abi()->get_interface(h.abi()->context, to_text(GATEHOUSE_EXPLAIN_ID)))) {
        if (e_ && !GATEHOUSE_HAS(e_, say)) e_ = nullptr;
    }
    bool listens() const { return e_ != nullptr; }
    void say(std::string_view title, std::string_view detail) const {
        if (e_) e_->say(e_->context, to_text(title), to_bytes(detail));
    }

private:
    const gatehouse_explain* e_;
};

} // namespace gatehouse
