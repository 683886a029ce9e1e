/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services of the firmware that the application may call, and the errors that the specification allows each. A call
 * is made to fail with each of them in turn. Sources: UEFI 2.10, the section of each service; TCG EFI Protocol
 * Specification 1.0 for EFI_TCG2_PROTOCOL.
 */
#ifndef TEST_FIRMWARE_CALLS_H
#define TEST_FIRMWARE_CALLS_H

/* SHORT is no error: the call succeeds and does less than was asked, as the specification lets it. */
#define CALLS(X)                                                                                                       \
	/* 7.1 */                                                                                                      \
	X(CheckEvent, E(INVALID_PARAMETER))                                                                            \
	/* 7.2 */                                                                                                      \
	X(AllocatePages, E(OUT_OF_RESOURCES) E(INVALID_PARAMETER) E(NOT_FOUND))                                        \
	X(FreePages, E(NOT_FOUND) E(INVALID_PARAMETER))                                                                \
	X(GetMemoryMap, E(BUFFER_TOO_SMALL) E(INVALID_PARAMETER))                                                      \
	X(AllocatePool, E(OUT_OF_RESOURCES) E(INVALID_PARAMETER))                                                      \
	X(FreePool, E(INVALID_PARAMETER))                                                                              \
	/* 7.3 */                                                                                                      \
	X(InstallMultipleProtocolInterfaces, E(ALREADY_STARTED) E(OUT_OF_RESOURCES) E(INVALID_PARAMETER))              \
	X(UninstallMultipleProtocolInterfaces, E(INVALID_PARAMETER))                                                   \
	X(HandleProtocol, E(UNSUPPORTED) E(INVALID_PARAMETER))                                                         \
	X(OpenProtocol, E(UNSUPPORTED) E(INVALID_PARAMETER) E(ACCESS_DENIED) E(ALREADY_STARTED))                       \
	X(CloseProtocol, E(INVALID_PARAMETER) E(NOT_FOUND))                                                            \
	X(LocateProtocol, E(NOT_FOUND) E(INVALID_PARAMETER))                                                           \
	X(LocateHandleBuffer, E(NOT_FOUND) E(OUT_OF_RESOURCES) E(INVALID_PARAMETER))                                   \
	X(LocateDevicePath, E(NOT_FOUND) E(INVALID_PARAMETER))                                                         \
	X(ConnectController, E(INVALID_PARAMETER) E(NOT_FOUND) E(SECURITY_VIOLATION))                                  \
	X(InstallConfigurationTable, E(INVALID_PARAMETER) E(NOT_FOUND) E(OUT_OF_RESOURCES))                            \
	/* 7.4 */                                                                                                      \
	X(LoadImage, E(NOT_FOUND) E(INVALID_PARAMETER) E(UNSUPPORTED) E(OUT_OF_RESOURCES) E(LOAD_ERROR)                \
		E(DEVICE_ERROR) E(ACCESS_DENIED) E(SECURITY_VIOLATION))                                                \
	X(StartImage, E(INVALID_PARAMETER) E(SECURITY_VIOLATION))                                                      \
	X(UnloadImage, E(UNSUPPORTED) E(INVALID_PARAMETER))                                                            \
	X(ExitBootServices, E(INVALID_PARAMETER))                                                                      \
	/* 7.5 */                                                                                                      \
	X(SetWatchdogTimer, E(INVALID_PARAMETER) E(UNSUPPORTED) E(DEVICE_ERROR))                                       \
	X(Stall, /* none */)                                                                                           \
	/* 8.2, 8.5 */                                                                                                 \
	X(GetVariable, E(NOT_FOUND) E(BUFFER_TOO_SMALL) E(INVALID_PARAMETER) E(DEVICE_ERROR) E(SECURITY_VIOLATION)     \
		E(UNSUPPORTED))                                                                                        \
	X(SetVariable, E(INVALID_PARAMETER) E(OUT_OF_RESOURCES) E(DEVICE_ERROR) E(WRITE_PROTECTED)                     \
		E(SECURITY_VIOLATION) E(NOT_FOUND) E(UNSUPPORTED))                                                     \
	X(ResetSystem, /* does not return */)                                                                          \
	/* 12.3 */                                                                                                     \
	X(ConIn_Reset, E(DEVICE_ERROR))                                                                                \
	X(ConIn_ReadKeyStroke, E(NOT_READY) E(DEVICE_ERROR) E(UNSUPPORTED))                                            \
	X(ConIn_ReadKeyStrokeEx, E(NOT_READY) E(DEVICE_ERROR) E(UNSUPPORTED))                                          \
	/* 12.4 */                                                                                                     \
	X(ConOut_Reset, E(DEVICE_ERROR))                                                                               \
	X(ConOut_OutputString, E(DEVICE_ERROR) E(UNSUPPORTED))                                                         \
	X(ConOut_QueryMode, E(DEVICE_ERROR) E(UNSUPPORTED))                                                            \
	X(ConOut_SetMode, E(DEVICE_ERROR) E(UNSUPPORTED))                                                              \
	X(ConOut_SetAttribute, E(DEVICE_ERROR))                                                                        \
	X(ConOut_ClearScreen, E(DEVICE_ERROR) E(UNSUPPORTED))                                                          \
	X(ConOut_SetCursorPosition, E(DEVICE_ERROR) E(UNSUPPORTED))                                                    \
	X(ConOut_EnableCursor, E(DEVICE_ERROR) E(UNSUPPORTED))                                                         \
	/* 12.9 */                                                                                                     \
	X(Gop_QueryMode, E(DEVICE_ERROR) E(INVALID_PARAMETER))                                                         \
	X(Gop_SetMode, E(DEVICE_ERROR) E(UNSUPPORTED))                                                                 \
	X(Gop_Blt, E(INVALID_PARAMETER) E(DEVICE_ERROR))                                                               \
	/* 34.1 */                                                                                                     \
	X(HiiFont_GetGlyph, E(OUT_OF_RESOURCES) E(INVALID_PARAMETER))                                                  \
	/* 13.2 */                                                                                                     \
	X(LoadFile2, E(UNSUPPORTED) E(INVALID_PARAMETER) E(NO_MEDIA) E(DEVICE_ERROR) E(NO_RESPONSE) E(NOT_FOUND)       \
		E(ABORTED) E(BUFFER_TOO_SMALL))                                                                        \
	/* 13.4, 13.5 */                                                                                               \
	X(OpenVolume, E(UNSUPPORTED) E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(ACCESS_DENIED)                  \
		E(OUT_OF_RESOURCES) E(MEDIA_CHANGED))                                                                  \
	X(File_Open, E(NOT_FOUND) E(NO_MEDIA) E(MEDIA_CHANGED) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(WRITE_PROTECTED)  \
		E(ACCESS_DENIED) E(OUT_OF_RESOURCES) E(VOLUME_FULL) E(INVALID_PARAMETER))                              \
	X(File_Close, /* none */)                                                                                      \
	X(File_Delete, E(WARN_DELETE_FAILURE))                                                                         \
	X(File_Read, E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(BUFFER_TOO_SMALL) SHORT)                        \
	X(File_Write, E(UNSUPPORTED) E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(WRITE_PROTECTED)                \
		E(ACCESS_DENIED) E(VOLUME_FULL))                                                                       \
	X(File_SetPosition, E(UNSUPPORTED) E(DEVICE_ERROR))                                                            \
	X(File_GetPosition, E(UNSUPPORTED) E(DEVICE_ERROR))                                                            \
	X(File_GetInfo, E(UNSUPPORTED) E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(BUFFER_TOO_SMALL))            \
	X(File_SetInfo, E(UNSUPPORTED) E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(WRITE_PROTECTED)              \
		E(ACCESS_DENIED) E(VOLUME_FULL) E(BAD_BUFFER_SIZE))                                                    \
	X(File_Flush, E(NO_MEDIA) E(DEVICE_ERROR) E(VOLUME_CORRUPTED) E(WRITE_PROTECTED) E(ACCESS_DENIED)              \
		E(VOLUME_FULL))                                                                                        \
	/* 13.9 */                                                                                                     \
	X(ReadBlocks, E(DEVICE_ERROR) E(NO_MEDIA) E(MEDIA_CHANGED) E(BAD_BUFFER_SIZE) E(INVALID_PARAMETER))            \
	/* 14.4 */                                                                                                     \
	X(Pci_Read, E(UNSUPPORTED) E(INVALID_PARAMETER) E(OUT_OF_RESOURCES))                                           \
	X(Pci_GetLocation, E(INVALID_PARAMETER))                                                                       \
	/* 37.5, 37.7 */                                                                                               \
	X(GetRNG, E(UNSUPPORTED) E(DEVICE_ERROR) E(NOT_READY) E(INVALID_PARAMETER))                                    \
	X(SetMemoryAttributes, E(UNSUPPORTED) E(INVALID_PARAMETER) E(OUT_OF_RESOURCES) E(ACCESS_DENIED))               \
	X(ClearMemoryAttributes, E(UNSUPPORTED) E(INVALID_PARAMETER) E(OUT_OF_RESOURCES) E(ACCESS_DENIED))             \
	/* EFI_TCG2_PROTOCOL */                                                                                        \
	X(Tcg2_GetCapability, E(DEVICE_ERROR) E(INVALID_PARAMETER) E(BUFFER_TOO_SMALL))                                \
	X(Tcg2_GetEventLog, E(INVALID_PARAMETER))                                                                      \
	X(Tcg2_HashLogExtendEvent, E(DEVICE_ERROR) E(VOLUME_FULL) E(INVALID_PARAMETER) E(UNSUPPORTED))

#define X(name, errors) CALL_##name,
enum call_id { CALLS(X) CALL_COUNT };
#undef X

#define CALL_ERRORS_MAX 12
#define STATUS_SHORT 0x543f /* not a status: what SHORT above is to call_enter() */

struct call_description {
	const char *name;
	const unsigned long long errors[CALL_ERRORS_MAX]; /* up to a 0 */
};

extern const struct call_description call_descriptions[CALL_COUNT];

#endif
