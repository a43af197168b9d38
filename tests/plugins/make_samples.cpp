// Writes plugins/{sns,wicket,ivvy}/plugin_samples_data.hpp: test-only certificates and messages signed with keys that are thrown away when
// this program ends. Run it from the top of the tree, and only when the samples have to change:
//     ninja -C build make_samples && build/bin/make_samples
#include <fstream>

#include "tests/plugins/ivvy_message.hpp"

using namespace sns_test;

namespace {

const CertificateOptions k_long{.from = 1'767'225'600, .until = 2'400'000'000};

class Writer {
public:
    explicit Writer(const std::string& plugin) : out_("plugins/" + plugin + "/plugin_samples_data.hpp") {
        if (!out_) throw std::runtime_error("run this from the top of the tree");
        out_ << "// Written by tests/plugins/make_samples.cpp. Keys and messages are this project's own, made for its tests: nothing here "
                "comes from AWS\n"
                "// or from a provider, and the private keys were not kept.\n#pragma once\n\n#include <string_view>\n\nnamespace "
             << plugin << "_data {\n";
        add("certificate", signer().certificate(k_long));
    }
    ~Writer() { out_ << "\n}\n"; }
    void add(const std::string& name, const std::string& text) {
        out_ << "\n// clang-format off\ninline constexpr std::string_view k_" << name << " = R\"~(" << text
             << ")~\";\n// clang-format on\n";
    }

private:
    std::ofstream out_;
};

} // namespace

int main() {
    {
        Writer w("sns");
        w.add("notification", Message::notification(R"({"order":17,"note":"gr\u00fc\u00df \ud83d\ude00"})", "order.paid").sign().body());
        w.add("notification_2", Message::notification("plain text\r\nin two lines", "").sign(signer(), "2").body());
        w.add("confirmation", Message::confirmation().sign().body());
        w.add("end", Message::confirmation(k_topic, "UnsubscribeConfirmation").sign(signer(), "2").body());
        w.add("foreign", Message::notification("forged").sign(other_signer()).body());
    }
    {
        Writer w("wicket");
        const std::string user = "0123456789abcdef0123456789abcdef0123456789abcdef01";
        w.add("raw",
              R"({"application_user_sub":")" + user + R"(","date_time":"2026-03-01T11:59:57.123456","operation_type":"data_update"})");
        w.add("enveloped", Message::notification(R"({"operation_type":"data_update","application_user_sub":")" + user +
                                                 R"(","date_time":"2026-03-01T11:59:57.123456"})")
                               .sign()
                               .body());
        w.add("confirmation", Message::confirmation().sign().body());
    }
    {
        Writer w("ivvy");
        w.add("inner_key", other_signer().public_key());
        const IvvyMessage company;
        w.add("company", Message::notification(company.json(other_signer()).dump()).sign().body());
        IvvyMessage deleted;
        deleted.subject = "BookingDeleted";
        deleted.body = R"({"venueId":7,"bookingId":99,"bookingStatus":2,"accommodationIds":[],"roomReservationIds":[],"sessionIds":[]})";
        w.add("deleted", Message::notification(deleted.json(other_signer()).dump()).sign().body());
        auto forged = company.json(other_signer());
        forged["Body"] = R"({"data":{"id":71}})";
        w.add("forged_inside", Message::notification(forged.dump()).sign().body());
    }
}
