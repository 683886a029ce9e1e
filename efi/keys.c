/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys. A firmware has up to three places to read them from, and not each of them works on each machine: some stop for
 * ever in ReadKeyStroke when no key waits, some have an EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL that never works, or a console
 * that is deaf while the keyboard itself has the key. So nothing is read before its event says that there is a key, the
 * console's Ex protocol comes before ConIn, and the first Ex protocol of the machine takes over for good when it has a
 * key: the same key may wait in both.
 */
#include "firmware.h"

#include <eficonex.h>

#define KEY_STEP 20 /* milliseconds between two looks at the keyboard */
#define FAILURES_MAX 10 /* of an Ex protocol that says that it has a key, before ConIn is read instead */
#define CONTROL_PRESSED (EFI_LEFT_CONTROL_PRESSED | EFI_RIGHT_CONTROL_PRESSED)
#define SCAN_VOLUME_UP 0x80 /* UEFI 2.10, section 12.6.3 and appendix B */
#define SCAN_VOLUME_DOWN 0x81
#define SCAN_SUSPEND 0x102

typedef EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL extended_input;

static EFI_GUID extended_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;
static extended_input *of_console, *of_machine; /* null: there is none, or it does not work */
static unsigned failures; /* one after the other */
static bool looked_for;

/* One without a usable event is not what it pretends to be. */
static extended_input *usable(EFI_STATUS status, extended_input *input)
{
	return EFI_ERROR(status) || !input || fw.boot->CheckEvent(input->WaitForKeyEx) == EFI_INVALID_PARAMETER ? NULL : input;
}

static void find_inputs(void)
{
	extended_input *input = NULL;
	EFI_STATUS status = EFI_NOT_FOUND;

	looked_for = true;
	if (fw.system->ConsoleInHandle)
		status = fw.boot->HandleProtocol(fw.system->ConsoleInHandle, &extended_guid, (void **)&input);
	of_console = usable(status, input);
	input = NULL;
	status = fw.boot->LocateProtocol(&extended_guid, NULL, (void **)&input);
	of_machine = usable(status, input);
	if (of_machine == of_console)
		of_machine = NULL;
}

void keys_forget(void)
{
	if (fw.system->ConIn)
		fw.system->ConIn->Reset(fw.system->ConIn, FALSE);
}

/* With the control key a letter is the control character that a terminal sends. */
static void read_extended(EFI_INPUT_KEY *key)
{
	EFI_KEY_DATA data = { .Key = { 0, 0 } };
	EFI_STATUS status = of_console->ReadKeyStrokeEx(of_console, &data);
	UINT32 shift = data.KeyState.KeyShiftState;

	failures = EFI_ERROR(status) ? failures + 1 : 0;
	if (status == EFI_SUCCESS) {
		*key = data.Key;
		if (shift & EFI_SHIFT_STATE_VALID && shift & CONTROL_PRESSED && (key->UnicodeChar | 0x20) >= 'a' &&
		    (key->UnicodeChar | 0x20) <= 'z')
			key->UnicodeChar &= 0x1f;
	} else if (failures == FAILURES_MAX) {
		of_console = NULL;
	}
}

/* A key without scan code and character is none: nothing was pressed, or a modifier alone. */
static bool take_key(EFI_INPUT_KEY *key)
{
	SIMPLE_INPUT_INTERFACE *input = fw.system->ConIn;
	EFI_STATUS status;

	if (!looked_for)
		find_inputs();
	*key = (EFI_INPUT_KEY){ 0, 0 };
	if (of_machine && fw.boot->CheckEvent(of_machine->WaitForKeyEx) == EFI_SUCCESS) {
		of_console = of_machine;
		of_machine = NULL;
		read_extended(key);
	} else if (of_console) {
		if (fw.boot->CheckEvent(of_console->WaitForKeyEx) == EFI_SUCCESS)
			read_extended(key);
	} else if (input) {
		status = fw.boot->CheckEvent(input->WaitForKey);
		/* an event that is none says nothing about keys */
		if ((status == EFI_SUCCESS || status == EFI_INVALID_PARAMETER) &&
		    EFI_ERROR(input->ReadKeyStroke(input, key)))
			*key = (EFI_INPUT_KEY){ 0, 0 };
	}
	return key->ScanCode || key->UnicodeChar;
}

bool read_key(unsigned milliseconds, EFI_INPUT_KEY *key)
{
	console_flush();
	for (unsigned waited = 0;; waited += KEY_STEP) {
		if (take_key(key))
			return true;
		watchdog_feed();
		if (waited >= milliseconds)
			return false;
		fw.boot->Stall(KEY_STEP * 1000);
	}
}

bool wait_for_key(unsigned seconds)
{
	EFI_INPUT_KEY key;

	console_attend(true);
	keys_forget();
	return read_key(seconds * 1000, &key);
}

/* Tablets send F3, with or without a character, and phones suspend, which is their power button. */
bool is_enter(const EFI_INPUT_KEY *key)
{
	return key->UnicodeChar == '\r' || key->UnicodeChar == '\n' || key->ScanCode == SCAN_F3 ||
	       key->ScanCode == SCAN_SUSPEND;
}

bool is_escape(const EFI_INPUT_KEY *key)
{
	return key->UnicodeChar == 27 || key->ScanCode == SCAN_ESC;
}

UINT16 list_key(const EFI_INPUT_KEY *key)
{
	if (key->ScanCode == SCAN_VOLUME_UP || key->UnicodeChar == 'k' || key->UnicodeChar == 'K')
		return SCAN_UP;
	if (key->ScanCode == SCAN_VOLUME_DOWN || key->UnicodeChar == 'j' || key->UnicodeChar == 'J')
		return SCAN_DOWN;
	return key->ScanCode;
}
