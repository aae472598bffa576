/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stand-in for NVIDIA's management library: two GPUs, and the processes whose ids are in the file that GPU_PROCESSES names,
 * or in /run/gpu-processes, all on GPU 1.
 *
 * Only what nvml-wrapper calls is here, with the layouts of nvml.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, INSUFFICIENT_SIZE = 7 };
#define GPUS 2

struct pci_info {
	char bus_id_legacy[16];
	unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
	char bus_id[32];
};

struct process_info {
	unsigned int pid;
	unsigned long long used_memory;
	unsigned int gpu_instance, compute_instance;
};

int nvmlInit_v2(void)
{
	return SUCCESS;
}

int nvmlShutdown(void)
{
	return SUCCESS;
}

const char *nvmlErrorString(int error)
{
	return "the stand-in says no";
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
	*count = GPUS;
	return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device)
{
	if (index >= GPUS)
		return INVALID_ARGUMENT;
	*device = (void *)(unsigned long)(index + 1);
	return SUCCESS;
}

static unsigned int gpu(void *device)
{
	return (unsigned long)device - 1;
}

int nvmlDeviceGetName(void *device, char *name, unsigned int length)
{
	snprintf(name, length, "Stand-in %u", gpu(device));
	return SUCCESS;
}

int nvmlDeviceGetPciInfo_v3(void *device, struct pci_info *info)
{
	memset(info, 0, sizeof(*info));
	snprintf(info->bus_id, sizeof(info->bus_id), "00000000:%02X:00.0", 0x65 + gpu(device));
	snprintf(info->bus_id_legacy, sizeof(info->bus_id_legacy), "0000:%02X:00.0", 0x65 + gpu(device));
	return SUCCESS;
}

/* GPU 0 is near CPUs 0 to 3, GPU 1 near 4 to 7. */
int nvmlDeviceGetCpuAffinity(void *device, unsigned int words, unsigned long *cpus)
{
	memset(cpus, 0, words * sizeof(*cpus));
	cpus[0] = 0xfUL << (4 * gpu(device));
	return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, struct process_info *infos)
{
	const char *name = getenv("GPU_PROCESSES");
	FILE *file = gpu(device) == 1 ? fopen(name ? name : "/run/gpu-processes", "r") : NULL;
	unsigned int room = infos ? *count : 0, pid;

	*count = 0;
	while (file && fscanf(file, "%u", &pid) == 1) {
		if (*count < room)
			infos[*count] = (struct process_info){ .pid = pid };
		++*count;
	}
	if (file)
		fclose(file);
	return *count > room ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned int *count, struct process_info *infos)
{
	*count = 0;
	return SUCCESS;
}
