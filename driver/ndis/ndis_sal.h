/* SPDX-License-Identifier: MIT */
#ifndef NDIS_SAL_H
#define NDIS_SAL_H
/*
 * Annotations of the source language that published declarations carry.  They speak to checkers of
 * another compiler; here they speak to the reader, and expand to nothing.  Drivers include ndis.h.
 */

/* Parameters. */
#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(n)
#define _In_reads_opt_(n)
#define _In_reads_bytes_(n)
#define _In_reads_bytes_opt_(n)
#define _Out_
#define _Out_opt_
#define _Out_writes_(n)
#define _Out_writes_to_(n, used)
#define _Out_writes_bytes_(n)
#define _Out_writes_bytes_opt_(n)
#define _Out_writes_bytes_to_(n, used)
#define _Out_writes_bytes_all_(n)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_result_bytebuffer_(n)
#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(n)
#define _Inout_updates_bytes_(n)
#define _Reserved_
#define _Const_
#define _Notnull_
#define _Maybenull_
#define _Pre_notnull_
#define _Post_invalid_
#define _Points_to_data_
#define _At_(what, how)
#define _Field_size_(n)
#define _Field_size_bytes_(n)
#define _Field_size_opt_(n)
#define _Null_terminated_
#define _Printf_format_string_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define __in
#define __out
#define __inout
#define __inout_opt
#define __reserved
#define __in_ecount(n)
#define __in_ecount_opt(n)
#define __in_bcount_opt(n)
#define __out_ecount(n)
#define __out_ecount_opt(n)
#define __out_bcount_opt(n)
#define __out_bcount_part(n, used)
#define __inout_ecount(n)
#define __inout_bcount(n)
#define __deref_opt_out
#define __checkReturn
#define __success(how)
#define __out_bcount(n)
#define __in_bcount(n)
#define __deref_out
#define __in_opt
#define __out_opt

/* Functions. */
#define _Use_decl_annotations_
#define _Must_inspect_result_
#define _Check_return_
#define _Success_(how)
#define _Ret_maybenull_
#define _Return_type_success_(how)
#define _When_(when, what)
#define _Function_class_(name)
#define _Dispatch_type_(name)
#define _Analysis_assume_(what)
#define _Analysis_noreturn_
#define _IRQL_requires_(irql)
#define _IRQL_requires_max_(irql)
#define _IRQL_requires_min_(irql)
#define _IRQL_requires_same_
#define _IRQL_raises_(irql)
#define _IRQL_saves_
#define _IRQL_saves_global_(kind, where)
#define _IRQL_restores_
#define _IRQL_restores_global_(kind, where)
#define _IRQL_always_function_max_(irql)
#define _Acquires_lock_(lock)
#define _Acquires_exclusive_lock_(lock)
#define _Acquires_shared_lock_(lock)
#define _Releases_lock_(lock)
#define _Requires_lock_held_(lock)
#define _Requires_lock_not_held_(lock)
#define _Guarded_by_(lock)
#define _Interlocked_
#define _Interlocked_operand_
#define __drv_maxIRQL(irql)
#define __drv_minIRQL(irql)
#define __drv_requiresIRQL(irql)
#define __drv_sameIRQL
#define __drv_raisesIRQL(irql)
#define __drv_savesIRQL
#define __drv_restoresIRQL
#define __drv_functionClass(name)
#define __drv_dispatchType(name)
#define __drv_allocatesMem(kind)
#define __drv_freesMem(kind)
#define __drv_aliasesMem
#define __drv_unreferenced
#define __drv_arg(arg, what)
#define __drv_at(what, how)
#define __drv_when(when, what)

/* The annotations before those, and words of the compiler. */
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define NTAPI
#define NTSYSAPI
#define NTKERNELAPI
#define NDISAPI
#define EXPORT
#define STDCALL
#define __stdcall
#define __cdecl
#define __fastcall
#define UNALIGNED
#define __unaligned
#define FORCEINLINE	      static inline __attribute__((always_inline))
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif

#endif
