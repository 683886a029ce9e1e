/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime services: variables (UEFI 2.10, section 8.2) and reset. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 64

struct variable {
	CHAR16 name[64];
	EFI_GUID vendor;
	UINT32 attributes;
	uint8_t *bytes;
	size_t size; /* 0: a free slot */
};

static const EFI_GUID loader_guid = { 0x4a67b082, 0x0a4c, 0x41cf, { 0xb6, 0xc7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f } };
static struct variable variables[VARIABLES_MAX];
static bool loaded;

static size_t units(const CHAR16 *text)
{
	size_t count = 0;

	while (text[count])
		count++;
	return count;
}

static struct variable *find(const CHAR16 *name, const EFI_GUID *vendor)
{
	for (size_t i = 0; i < VARIABLES_MAX; i++)
		if (variables[i].size && guid_is(&variables[i].vendor, vendor) &&
		    memcmp(variables[i].name, name, (units(name) + 1) * sizeof(*name)) == 0)
			return &variables[i];
	return NULL;
}

static EFI_STATUS set(const CHAR16 *name, const EFI_GUID *vendor, UINT32 attributes, const void *data, size_t size)
{
	struct variable *variable = find(name, vendor);

	for (size_t i = 0; !variable && i < VARIABLES_MAX; i++)
		if (!variables[i].size)
			variable = &variables[i];
	if (!variable || units(name) >= sizeof(variable->name) / sizeof(*name))
		return EFI_OUT_OF_RESOURCES;
	free(variable->bytes);
	*variable = (struct variable){ .vendor = *vendor, .attributes = attributes, .size = size };
	memcpy(variable->name, name, (units(name) + 1) * sizeof(*name));
	variable->bytes = malloc(size ? size : 1);
	memcpy(variable->bytes, data, size);
	return EFI_SUCCESS;
}

static void set_number(const CHAR16 *name, const EFI_GUID *vendor, uint8_t value)
{
	set(name, vendor, EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS, &value, 1);
}

static EFI_GUID parse_guid(const char *text)
{
	unsigned a, b, c, d[8];
	EFI_GUID guid = { 0 };

	if (sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6],
		   &d[7]) != 11)
		fatal("\"%s\" is no GUID", text);
	guid = (EFI_GUID){ a, (UINT16)b, (UINT16)c, { 0 } };
	for (size_t i = 0; i < 8; i++)
		guid.Data4[i] = (UINT8)d[i];
	return guid;
}

/* When the first of these services is called: before that there is nobody to see them. */
static void load_variables(void)
{
	static const EFI_GUID global = EFI_GLOBAL_VARIABLE;
	const struct scenario *scenario = mock.scenario;

	if (loaded)
		return;
	loaded = true;
	set_number((const CHAR16 *)L"SecureBoot", &global, scenario->secure_boot);
	set_number((const CHAR16 *)L"SetupMode", &global, !scenario->secure_boot);
	for (size_t i = 0; i < scenario->variable_count; i++) {
		const struct scenario_variable *v = &scenario->variables[i];
		EFI_GUID guid = parse_guid(v->guid);
		CHAR16 name[64] = { 0 };

		for (size_t j = 0; v->name[j] && j < 63; j++)
			name[j] = (CHAR16)v->name[j];
		set(name, &guid, v->attributes, v->bytes, v->size);
	}
}

static EFI_STATUS EFIAPI fw_GetVariable(CHAR16 *name, EFI_GUID *vendor, UINT32 *attributes, UINTN *size, void *data)
{
	EFI_STATUS injected = call_enter(CALL_GetVariable, __builtin_return_address(0));
	struct variable *variable;

	load_variables();
	if (!name || !vendor || !size)
		return EFI_INVALID_PARAMETER;
	variable = find(name, vendor);
	if (injected) {
		if (injected == EFI_BUFFER_TOO_SMALL)
			*size += 1000;
		return injected;
	}
	if (!variable)
		return EFI_NOT_FOUND;
	if (attributes)
		*attributes = variable->attributes;
	if (*size < variable->size || !data) {
		bool fits = *size >= variable->size;

		*size = variable->size;
		return fits ? EFI_INVALID_PARAMETER : EFI_BUFFER_TOO_SMALL;
	}
	*size = variable->size;
	memcpy(data, variable->bytes, variable->size);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fw_SetVariable(CHAR16 *name, EFI_GUID *vendor, UINT32 attributes, UINTN size, void *data)
{
	struct variable *variable;

	FIRMWARE(SetVariable);
	load_variables();
	if (!name || !name[0] || !vendor || (size && !data))
		return EFI_INVALID_PARAMETER;
	if (mock.scenario->variables_stay && !mock.result->injected && size && guid_is(vendor, &loader_guid))
		problem("a variable of the Boot Loader Interface is written");
	if (size && attributes)
		return set(name, vendor, attributes, data, size);
	variable = find(name, vendor);
	if (!variable)
		return EFI_NOT_FOUND;
	free(variable->bytes);
	*variable = (struct variable){ .size = 0 };
	return EFI_SUCCESS;
}

static void check_left(const struct scenario_left *left)
{
	CHAR16 name[64] = { 0 }, text[400] = { 0 };
	const struct variable *variable;
	size_t length = strlen(left->text);

	for (size_t i = 0; left->name[i] && i < 63; i++)
		name[i] = (CHAR16)left->name[i];
	for (size_t i = 0; i < length && i < 399; i++)
		text[i] = (CHAR16)left->text[i];
	variable = find(name, &loader_guid);
	if (!variable && length)
		problem("the variable %s is not there; it should be \"%s\"", left->name, left->text);
	else if (variable && !length)
		problem("the variable %s is there", left->name);
	else if (variable && (variable->size != 2 * (length + 1) || memcmp(variable->bytes, text, variable->size) != 0))
		problem("the variable %s is not \"%s\" with its NUL", left->name, left->text);
	else if (variable && variable->attributes != (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS))
		problem("the variable %s has the attributes %x", left->name, variable->attributes);
}

void variables_check(void)
{
	for (size_t i = 0; i < mock.scenario->left_count && !mock.result->injected; i++)
		check_left(&mock.scenario->left[i]);
}

MISSING(GetTime)
MISSING(SetTime)
MISSING(GetWakeupTime)
MISSING(SetWakeupTime)
MISSING(SetVirtualAddressMap)
MISSING(ConvertPointer)
MISSING(GetNextVariableName)
MISSING(GetNextHighMonotonicCount)
MISSING(UpdateCapsule)
MISSING(QueryCapsuleCapabilities)
MISSING(QueryVariableInfo)

static EFI_STATUS EFIAPI fw_ResetSystem(EFI_RESET_TYPE type, EFI_STATUS status, UINTN size, CHAR16 *data)
{
	FIRMWARE(ResetSystem);
	(void)type, (void)status, (void)size, (void)data;
	end_run(ENDED_RESET);
}

const EFI_RUNTIME_SERVICES runtime_services = {
	.GetVariable = fw_GetVariable,
	.SetVariable = fw_SetVariable,
	.ResetSystem = (void *)fw_ResetSystem,
	.GetTime = (void *)missing_GetTime,
	.SetTime = (void *)missing_SetTime,
	.GetWakeupTime = (void *)missing_GetWakeupTime,
	.SetWakeupTime = (void *)missing_SetWakeupTime,
	.SetVirtualAddressMap = (void *)missing_SetVirtualAddressMap,
	.ConvertPointer = (void *)missing_ConvertPointer,
	.GetNextVariableName = (void *)missing_GetNextVariableName,
	.GetNextHighMonotonicCount = (void *)missing_GetNextHighMonotonicCount,
	.UpdateCapsule = (void *)missing_UpdateCapsule,
	.QueryCapsuleCapabilities = (void *)missing_QueryCapsuleCapabilities,
	.QueryVariableInfo = (void *)missing_QueryVariableInfo,
};
