/* Where every member of ABI 1.0 stands on a 64-bit system. No line here ever
 * changes; a later minor adds lines below a struct's last AT. */
#include <gatehouse/abi.h>

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member " moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " is FROZEN and changed its size")
#define FIRST_SIZE(type, size) _Static_assert(sizeof(type) >= (size), #type " shrank")

_Static_assert(sizeof(void*) == 8, "the host runs on 64-bit systems");

AT(gatehouse_text, data, 0);
AT(gatehouse_text, size, 8);
SIZE(gatehouse_text, 16);

AT(gatehouse_bytes, data, 0);
AT(gatehouse_bytes, size, 8);
SIZE(gatehouse_bytes, 16);

AT(gatehouse_header, name, 0);
AT(gatehouse_header, value, 16);
SIZE(gatehouse_header, 32);

AT(gatehouse_request_header, name, 0);
AT(gatehouse_request_header, value, 16);
AT(gatehouse_request_header, secret, 32);
SIZE(gatehouse_request_header, 48);

AT(gatehouse_state_entry, key, 0);
AT(gatehouse_state_entry, value, 16);
SIZE(gatehouse_state_entry, 32);

AT(gatehouse_sink, context, 0);
AT(gatehouse_sink, write, 8);
SIZE(gatehouse_sink, 16);

AT(gatehouse_host, struct_size, 0);
AT(gatehouse_host, abi_minor, 4);
AT(gatehouse_host, context, 8);
AT(gatehouse_host, log, 16);
AT(gatehouse_host, fail, 24);
AT(gatehouse_host, now, 32);
AT(gatehouse_host, secret_count, 40);
AT(gatehouse_host, secret, 48);
AT(gatehouse_host, hmac, 56);
AT(gatehouse_host, get_state, 64);
AT(gatehouse_host, get_interface, 72);
FIRST_SIZE(gatehouse_host, 80);

AT(gatehouse_request, struct_size, 0);
AT(gatehouse_request, flags, 4);
AT(gatehouse_request, method, 8);
AT(gatehouse_request, target, 24);
AT(gatehouse_request, path, 40);
AT(gatehouse_request, query, 56);
AT(gatehouse_request, headers, 72);
AT(gatehouse_request, header_count, 80);
AT(gatehouse_request, body, 88);
AT(gatehouse_request, remote, 104);
AT(gatehouse_request, received_at, 120);
FIRST_SIZE(gatehouse_request, 128);

AT(gatehouse_acceptance, struct_size, 0);
AT(gatehouse_acceptance, trust, 4);
AT(gatehouse_acceptance, signed_at, 8);
AT(gatehouse_acceptance, tolerance_past, 16);
AT(gatehouse_acceptance, tolerance_future, 24);
AT(gatehouse_acceptance, replay_id, 32);
FIRST_SIZE(gatehouse_acceptance, 48);

AT(gatehouse_refusal, struct_size, 0);
AT(gatehouse_refusal, http_status, 4);
AT(gatehouse_refusal, code, 8);
AT(gatehouse_refusal, hint, 24);
AT(gatehouse_refusal, headers, 40);
AT(gatehouse_refusal, header_count, 48);
FIRST_SIZE(gatehouse_refusal, 56);

AT(gatehouse_event, struct_size, 0);
AT(gatehouse_event, flags, 4);
AT(gatehouse_event, dedupe_key, 8);
AT(gatehouse_event, type, 24);
AT(gatehouse_event, subject, 40);
AT(gatehouse_event, ordering_key, 56);
AT(gatehouse_event, occurred_at, 72);
AT(gatehouse_event, http_status, 80);
AT(gatehouse_event, trust, 84);
FIRST_SIZE(gatehouse_event, 88);

AT(gatehouse_response, struct_size, 0);
AT(gatehouse_response, http_status, 4);
AT(gatehouse_response, headers, 8);
AT(gatehouse_response, header_count, 16);
AT(gatehouse_response, body, 24);
AT(gatehouse_response, state, 40);
AT(gatehouse_response, state_count, 48);
FIRST_SIZE(gatehouse_response, 56);

AT(gatehouse_job, state, 0);
AT(gatehouse_job, step, 8);
AT(gatehouse_job, drop, 16);
SIZE(gatehouse_job, 24);

AT(gatehouse_http_response, struct_size, 0);
AT(gatehouse_http_response, net, 4);
AT(gatehouse_http_response, http_status, 8);
AT(gatehouse_http_response, flags, 12);
AT(gatehouse_http_response, error, 16);
AT(gatehouse_http_response, headers, 32);
AT(gatehouse_http_response, header_count, 40);
AT(gatehouse_http_response, body, 48);
FIRST_SIZE(gatehouse_http_response, 64);

AT(gatehouse_http_request, struct_size, 0);
AT(gatehouse_http_request, flags, 4);
AT(gatehouse_http_request, method, 8);
AT(gatehouse_http_request, url, 24);
AT(gatehouse_http_request, headers, 40);
AT(gatehouse_http_request, header_count, 48);
AT(gatehouse_http_request, body, 56);
AT(gatehouse_http_request, timeout, 72);
AT(gatehouse_http_request, max_response, 80);
AT(gatehouse_http_request, share_key, 88);
FIRST_SIZE(gatehouse_http_request, 104);

AT(gatehouse_job_input, struct_size, 0);
AT(gatehouse_job_input, kind, 4);
AT(gatehouse_job_input, responses, 8);
AT(gatehouse_job_input, response_count, 16);
AT(gatehouse_job_input, status, 24);
AT(gatehouse_job_input, flags, 28);
FIRST_SIZE(gatehouse_job_input, 32);

AT(gatehouse_result, struct_size, 0);
AT(gatehouse_result, kind, 4);
AT(gatehouse_result, body, 8);
AT(gatehouse_result, content_type, 24);
AT(gatehouse_result, text, 40);
AT(gatehouse_result, http_status, 56);
AT(gatehouse_result, flags, 60);
AT(gatehouse_result, headers, 64);
AT(gatehouse_result, header_count, 72);
AT(gatehouse_result, state, 80);
AT(gatehouse_result, state_count, 88);
FIRST_SIZE(gatehouse_result, 96);

AT(gatehouse_turn, struct_size, 0);
AT(gatehouse_turn, flags, 4);
AT(gatehouse_turn, context, 8);
AT(gatehouse_turn, http, 16);
AT(gatehouse_turn, http_all, 24);
AT(gatehouse_turn, sleep, 32);
AT(gatehouse_turn, put_state, 40);
AT(gatehouse_turn, finish, 48);
AT(gatehouse_turn, fail, 56);
FIRST_SIZE(gatehouse_turn, 64);

AT(gatehouse_verify_answer, struct_size, 0);
AT(gatehouse_verify_answer, flags, 4);
AT(gatehouse_verify_answer, context, 8);
AT(gatehouse_verify_answer, accept, 16);
AT(gatehouse_verify_answer, refuse, 24);
AT(gatehouse_verify_answer, need, 32);
FIRST_SIZE(gatehouse_verify_answer, 40);

AT(gatehouse_verifier, struct_size, 0);
AT(gatehouse_verifier, flags, 4);
AT(gatehouse_verifier, name, 8);
AT(gatehouse_verifier, verify, 24);
AT(gatehouse_verifier, user, 32);
FIRST_SIZE(gatehouse_verifier, 40);

AT(gatehouse_handle_answer, struct_size, 0);
AT(gatehouse_handle_answer, flags, 4);
AT(gatehouse_handle_answer, context, 8);
AT(gatehouse_handle_answer, event, 16);
AT(gatehouse_handle_answer, respond, 24);
AT(gatehouse_handle_answer, job, 32);
AT(gatehouse_handle_answer, refuse, 40);
FIRST_SIZE(gatehouse_handle_answer, 48);

AT(gatehouse_route, struct_size, 0);
AT(gatehouse_route, flags, 4);
AT(gatehouse_route, method, 8);
AT(gatehouse_route, path, 24);
AT(gatehouse_route, verifier, 40);
AT(gatehouse_route, max_body, 56);
AT(gatehouse_route, handle, 64);
AT(gatehouse_route, user, 72);
FIRST_SIZE(gatehouse_route, 80);

AT(gatehouse_stored_event, struct_size, 0);
AT(gatehouse_stored_event, attempt, 4);
AT(gatehouse_stored_event, id, 8);
AT(gatehouse_stored_event, type, 24);
AT(gatehouse_stored_event, subject, 40);
AT(gatehouse_stored_event, dedupe_key, 56);
AT(gatehouse_stored_event, ordering_key, 72);
AT(gatehouse_stored_event, received_at, 88);
AT(gatehouse_stored_event, occurred_at, 96);
AT(gatehouse_stored_event, request, 104);
FIRST_SIZE(gatehouse_stored_event, 112);

AT(gatehouse_fetch_back, struct_size, 0);
AT(gatehouse_fetch_back, flags, 4);
AT(gatehouse_fetch_back, type_pattern, 8);
AT(gatehouse_fetch_back, begin, 24);
AT(gatehouse_fetch_back, user, 32);
FIRST_SIZE(gatehouse_fetch_back, 40);

AT(gatehouse_operation, struct_size, 0);
AT(gatehouse_operation, flags, 4);
AT(gatehouse_operation, name, 8);
AT(gatehouse_operation, summary, 24);
AT(gatehouse_operation, arguments_schema, 40);
AT(gatehouse_operation, kind, 56);
AT(gatehouse_operation, begin, 72);
AT(gatehouse_operation, user, 80);
FIRST_SIZE(gatehouse_operation, 88);

AT(gatehouse_egress, struct_size, 0);
AT(gatehouse_egress, port, 4);
AT(gatehouse_egress, setting, 8);
AT(gatehouse_egress, host, 24);
AT(gatehouse_egress, path_prefix, 40);
FIRST_SIZE(gatehouse_egress, 56);

AT(gatehouse_sample, struct_size, 0);
AT(gatehouse_sample, expect, 4);
AT(gatehouse_sample, name, 8);
AT(gatehouse_sample, settings, 24);
AT(gatehouse_sample, request, 40);
AT(gatehouse_sample, at, 56);
AT(gatehouse_sample, code, 64);
FIRST_SIZE(gatehouse_sample, 80);

AT(gatehouse_registry, struct_size, 0);
AT(gatehouse_registry, flags, 4);
AT(gatehouse_registry, context, 8);
AT(gatehouse_registry, verifier, 16);
AT(gatehouse_registry, route, 24);
AT(gatehouse_registry, fetch_back, 32);
AT(gatehouse_registry, operation, 40);
AT(gatehouse_registry, egress, 48);
FIRST_SIZE(gatehouse_registry, 56);

AT(gatehouse_hello, struct_size, 0);
AT(gatehouse_hello, abi_minor, 4);
AT(gatehouse_hello, host_version, 8);
AT(gatehouse_hello, context, 24);
AT(gatehouse_hello, fail, 32);
FIRST_SIZE(gatehouse_hello, 40);

AT(gatehouse_settings, struct_size, 0);
AT(gatehouse_settings, flags, 4);
AT(gatehouse_settings, name, 8);
AT(gatehouse_settings, json, 24);
AT(gatehouse_settings, path, 40);
FIRST_SIZE(gatehouse_settings, 56);

AT(gatehouse_plugin, struct_size, 0);
AT(gatehouse_plugin, abi_minor_built, 4);
AT(gatehouse_plugin, abi_minor_needed, 8);
AT(gatehouse_plugin, flags, 12);
AT(gatehouse_plugin, name, 16);
AT(gatehouse_plugin, version, 32);
AT(gatehouse_plugin, summary, 48);
AT(gatehouse_plugin, settings_schema, 64);
AT(gatehouse_plugin, open_source, 80);
AT(gatehouse_plugin, enroll, 88);
AT(gatehouse_plugin, close_source, 96);
AT(gatehouse_plugin, samples, 104);
AT(gatehouse_plugin, sample_count, 112);
FIRST_SIZE(gatehouse_plugin, 120);

int gatehouse_offsets_hold(void);
int gatehouse_offsets_hold(void) { return 1; }
