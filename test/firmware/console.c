/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console (UEFI 2.10, section 12): what is printed is kept as text, keys come from the scenario, and time is virtual. A
 * user whose keys have come to nothing for five minutes presses Esc, once a second. A key waits in all inputs that are there,
 * until one of them gives it away; who reads one that has not said that it has a key would wait for ever on some machines.
 */
#include "mock.h"

#include <eficonex.h>

#include <string.h>

#include <loader/utf16.h>

#define SECOND UINT64_C(1000000)
#define PATIENCE (300 * SECOND)

static EFI_GUID text_out_guid = { 0x387477c2, 0x69c7, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static EFI_GUID console_out_device_guid = { 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };

static EFI_GUID text_in_ex_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;

static SIMPLE_INPUT_INTERFACE in;
static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL console_ex, keyboard_ex;
static EFI_EVENT ready; /* the event that has said that there is a key */
static size_t next_key;
static uint64_t last_key; /* when the key before was read or dropped */
static uint64_t next_escape;
static SIMPLE_TEXT_OUTPUT_MODE mode;

void time_pass(uint64_t microseconds)
{
	mock.time += microseconds;
	if (mock.watchdog && mock.time > mock.watchdog_set + mock.watchdog * SECOND && !mock.result->injected)
		problem("the firmware's watchdog resets the machine after %llu s", (unsigned long long)mock.watchdog);
}

/* Whether a key has been pressed by now that nobody has read. */
static bool key_waits(EFI_INPUT_KEY *key)
{
	const struct scenario *scenario = mock.scenario;

	if (next_key < scenario->key_count) {
		const struct scenario_key *next = &scenario->keys[next_key];

		*key = (EFI_INPUT_KEY){ next->scan, (CHAR16)next->character };
		return mock.time >= last_key + next->wait;
	}
	*key = (EFI_INPUT_KEY){ SCAN_ESC, 0 };
	if (next_escape == 0)
		next_escape = last_key + PATIENCE;
	return mock.time >= next_escape;
}

static void key_gone(void)
{
	last_key = mock.time;
	next_key++;
	next_escape = next_key > mock.scenario->key_count ? mock.time + SECOND : 0;
}

/* One of these is the console's, the other is a keyboard that the console may or may not know. */
static bool is_deaf(EFI_EVENT event)
{
	return mock.scenario->input.deaf && event != keyboard_ex.WaitForKeyEx;
}

EFI_STATUS EFIAPI fw_CheckEvent(EFI_EVENT event)
{
	const struct scenario_input *input = &mock.scenario->input;
	EFI_INPUT_KEY key;

	FIRMWARE(CheckEvent);
	ready = NULL;
	if (event != in.WaitForKey && event != console_ex.WaitForKeyEx && event != keyboard_ex.WaitForKeyEx)
		fatal("CheckEvent of %p, which is no event", event);
	if (input->no_event && event != keyboard_ex.WaitForKeyEx)
		return EFI_INVALID_PARAMETER;
	if (is_deaf(event) || (!key_waits(&key) && !input->stream))
		return EFI_NOT_READY;
	ready = event;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI in_reset(SIMPLE_INPUT_INTERFACE *self, BOOLEAN extended)
{
	EFI_INPUT_KEY key;

	FIRMWARE(ConIn_Reset);
	(void)self, (void)extended;
	if (key_waits(&key))
		key_gone();
	return EFI_SUCCESS;
}

static EFI_STATUS read_waiting(EFI_EVENT event, EFI_INPUT_KEY *key)
{
	bool waits = key_waits(key) && !is_deaf(event);

	if (ready != event && !mock.result->injected && !(mock.scenario->input.no_event && event == in.WaitForKey))
		problem("a key is read, and its event has not said that there is one: some firmware never comes back");
	ready = NULL;
	if (waits) {
		key_gone();
		return EFI_SUCCESS;
	}
	if (mock.scenario->input.stream) {
		*key = (EFI_INPUT_KEY){ 0, 0 };
		return EFI_SUCCESS;
	}
	*key = (EFI_INPUT_KEY){ 0xdead, 0xdead };
	return EFI_NOT_READY;
}

static EFI_STATUS EFIAPI in_read(SIMPLE_INPUT_INTERFACE *self, EFI_INPUT_KEY *key)
{
	FIRMWARE(ConIn_ReadKeyStroke);
	if (self != &in)
		fatal("ReadKeyStroke of another protocol");
	return read_waiting(self->WaitForKey, key);
}

/* Control characters come as their letters, with the key that was held. */
static EFI_STATUS EFIAPI ex_read(EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *self, EFI_KEY_DATA *data)
{
	EFI_STATUS status;

	FIRMWARE(ConIn_ReadKeyStrokeEx);
	if (mock.scenario->input.ex_fails)
		return EFI_DEVICE_ERROR;
	*data = (EFI_KEY_DATA){ .KeyState = { EFI_SHIFT_STATE_VALID, EFI_TOGGLE_STATE_VALID } };
	status = read_waiting(self->WaitForKeyEx, &data->Key);
	if (status == EFI_SUCCESS && data->Key.UnicodeChar >= 1 && data->Key.UnicodeChar < ' ' && !strchr("\b\t\n\r", data->Key.UnicodeChar)) {
		data->Key.UnicodeChar += 'a' - 1;
		data->KeyState.KeyShiftState |= EFI_LEFT_CONTROL_PRESSED;
	}
	return status;
}

static EFI_STATUS EFIAPI out_reset(SIMPLE_TEXT_OUTPUT_INTERFACE *self, BOOLEAN extended)
{
	FIRMWARE(ConOut_Reset);
	(void)self, (void)extended;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_string(SIMPLE_TEXT_OUTPUT_INTERFACE *self, CHAR16 *text)
{
	struct result *result = mock.result;

	FIRMWARE(ConOut_OutputString);
	(void)self;
	for (; *text; text++) {
		if (result->console_used + 4 >= CONSOLE_SIZE)
			fatal("%d bytes of text on the console", CONSOLE_SIZE);
		if (*text == 0x7f || (*text < ' ' && *text != '\r' && *text != '\n') || *text >= 0xfff0)
			problem("character 0x%04x is printed, which a console may take for a command", *text);
		if (*text != '\r')
			result->console_used += utf8_put(*text, result->console + result->console_used);
	}
	return EFI_SUCCESS;
}

/* Mode 0 is 80x25, as the specification wants it; 1 is not there on many machines. */
static EFI_STATUS EFIAPI out_query(SIMPLE_TEXT_OUTPUT_INTERFACE *self, UINTN number, UINTN *columns, UINTN *rows)
{
	static const UINTN sizes[3][2] = { { 80, 25 }, { 0, 0 }, { 100, 31 } };

	FIRMWARE(ConOut_QueryMode);
	(void)self;
	if (number >= 3 || sizes[number][0] == 0)
		return EFI_UNSUPPORTED;
	*columns = sizes[number][0];
	*rows = sizes[number][1];
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_mode(SIMPLE_TEXT_OUTPUT_INTERFACE *self, UINTN number)
{
	FIRMWARE(ConOut_SetMode);
	if (number >= 3 || number == 1)
		return EFI_UNSUPPORTED;
	self->Mode->Mode = (INT32)number;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_attribute(SIMPLE_TEXT_OUTPUT_INTERFACE *self, UINTN attribute)
{
	FIRMWARE(ConOut_SetAttribute);
	self->Mode->Attribute = (INT32)attribute;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_clear(SIMPLE_TEXT_OUTPUT_INTERFACE *self)
{
	FIRMWARE(ConOut_ClearScreen);
	(void)self;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_cursor(SIMPLE_TEXT_OUTPUT_INTERFACE *self, UINTN column, UINTN row)
{
	FIRMWARE(ConOut_SetCursorPosition);
	self->Mode->CursorColumn = (INT32)column;
	self->Mode->CursorRow = (INT32)row;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI out_enable(SIMPLE_TEXT_OUTPUT_INTERFACE *self, BOOLEAN visible)
{
	FIRMWARE(ConOut_EnableCursor);
	self->Mode->CursorVisible = visible;
	return EFI_SUCCESS;
}

MISSING(TestString)
MISSING(ResetEx)
MISSING(SetState)
MISSING(RegisterKeyNotify)
MISSING(UnregisterKeyNotify)

/* The inputs that the machine has: ConIn, the same with its Ex protocol, and a keyboard that has one. */
static void inputs_setup(void)
{
	const struct scenario_input *input = &mock.scenario->input;
	static char events[3];
	EFI_HANDLE handle;

	in = (SIMPLE_INPUT_INTERFACE){ in_reset, in_read, &events[0] };
	console_ex = (EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL){ (void *)missing_ResetEx, ex_read, &events[1], (void *)missing_SetState,
							  (void *)missing_RegisterKeyNotify, (void *)missing_UnregisterKeyNotify };
	keyboard_ex = console_ex;
	keyboard_ex.WaitForKeyEx = &events[2];
	if (input->keyboard)
		handle_install(handle_new(), &text_in_ex_guid, &keyboard_ex);
	handle = handle_new();
	if (!input->no_ex)
		handle_install(handle, &text_in_ex_guid, &console_ex);
	mock.system->ConsoleInHandle = mock.scenario->no_console_in ? NULL : handle;
	mock.system->ConIn = mock.scenario->no_console_in ? NULL : &in;
}

void console_setup(void)
{
	static SIMPLE_TEXT_OUTPUT_INTERFACE out = { out_reset, out_string, (void *)missing_TestString, out_query, out_mode,
						    out_attribute, out_clear, out_cursor, out_enable, &mode };

	mode = (SIMPLE_TEXT_OUTPUT_MODE){ 3, 0, 7, 0, 0, TRUE };
	inputs_setup();
	mock.system->ConOut = mock.scenario->no_console_out ? NULL : &out;
	if (mock.scenario->terminal) { /* a serial console, one of those that ConOut stands for */
		EFI_HANDLE handle = handle_new();

		handle_install(handle, &text_out_guid, &out);
		handle_install(handle, &console_out_device_guid, NULL);
	}
}
