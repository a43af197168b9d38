// Made by hand from the provider's field tables and hashed with Python's hashlib.blake2b; see plugin_samples.hpp.
#pragma once

#include <string_view>

namespace twin_ledger::data {

// clang-format off
inline constexpr std::string_view k_updated =
    R"~({"type":"Notification","trigger":"ledger.entry.updated","message":"5a5a0000-0000-4000-8000-000000000000","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"d13fd3fb7a3329d5414d0c0d3cf41d1b6facef23768daa51ca161671bd0d3e53"})~";

inline constexpr std::string_view k_typo =
    R"~({"type":"Notification","trigger":"ledger. entry.updated","message":"5a5a0001-0000-4000-8000-000000000001","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"9eb3f05252dcbb73ee009ba8db04a06db15664190ce377f9446bd7cd72e9b129"})~";

inline constexpr std::string_view k_sticker =
    R"~({"type":"Notification","trigger":"sticker.remove","message":"5a5a0002-0000-4000-8000-000000000002","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"color":"red","note":"check the valve","validity_ts":1772452800.000,"created_ts":1772366398.000},"subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"f0650f9b86b894c6fa8bccc09728a73a0e36a250102061d9eb3172ebe054dc2e"})~";

inline constexpr std::string_view k_confirmation =
    R"~({"type":"Confirmation","message":"5a5a0003-0000-4000-8000-000000000003","sent_ts":1772366390.000,"confirmation_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=Y29uZmlybQ==","subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000},"hash":"9923e1808c175fbd99ceda63be46c1f9b4b12d5f9ce2e87b8b493a3d4c323c90"})~";

inline constexpr std::string_view k_foreign_key =
    R"~({"type":"Notification","trigger":"ledger.entry.updated","message":"5a5a0004-0000-4000-8000-000000000004","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"55f9e145fac441fafa1ceac894254fe2eca062a93b3f6636c8f8c39581497456"})~";

inline constexpr std::string_view k_no_hash =
    R"~({"type":"Notification","trigger":"ledger.entry.updated","message":"5a5a0005-0000-4000-8000-000000000005","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"}})~";

inline constexpr std::string_view k_foreign_topic =
    R"~({"type":"Notification","trigger":"ledger.entry.updated","message":"5a5a0006-0000-4000-8000-000000000006","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-5","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"f40f18a371124c5609df1719d5f34879a0cea91c267964b9a37621ee0165de03"})~";

inline constexpr std::string_view k_foreign_account =
    R"~({"type":"Notification","trigger":"ledger.entry.updated","message":"5a5a0007-0000-4000-8000-000000000007","twin":"7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f","sent_ts":1772366399.500,"event":{"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"state":{"new_value":"r\u00fcn","old_value":"idle","changed_ts":1772366399.120}},"subscription":{"topic":"line-4","account":"4b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000,"refresh_url":"https://rest.trustedtwin.com/notifications/webhooks/4b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=cmVmcmVzaA==","unsubscribe_url":"https://rest.trustedtwin.com/notifications/webhooks/4b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=ZW5k"},"hash":"27708b1e99942bb6771e7e675a5605319094ece6d1d9d56c7c9284bf641f6351"})~";

inline constexpr std::string_view k_foreign_url =
    R"~({"type":"Confirmation","message":"5a5a0008-0000-4000-8000-000000000008","sent_ts":1772366390.000,"confirmation_url":"https://rest.trustedtwin.com.example/notifications/webhooks/3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11?token=eA==","subscription":{"topic":"line-4","account":"3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11","validity_ts":1772971200.000},"hash":"aaaa978324fc905e59c9c2d054ce8d594b57a33e5e0f5ef6e08e5c3e9e4a95d7"})~";
// clang-format on

} // namespace twin_ledger::data
